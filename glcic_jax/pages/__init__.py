"""The kit of every page: frame, style, charts."""
