"""The kit of every page: frame, style, elements, ticks, charts. It knows no other room."""
