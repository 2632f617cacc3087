// What was done, to be undone: a row of states {picture, operations}. Keeping a result is a step like
// any other, so undo also brings back the picture that it was made of.

export class History {
  constructor() {
    this.states = [];
    this.at = -1;
  }

  get now() {
    return this.states[this.at] ?? null;
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at + 1 < this.states.length;
  }

  // The first picture of this row that the present one was made of, by completing.
  get origin() {
    return this.now?.picture.origin ?? this.now?.picture ?? null;
  }

  push(state) {
    this.states.length = this.at + 1;
    this.states.push(state);
    this.at++;
  }

  // The present picture with one more operation on its mask.
  add(operation) {
    this.push({ ...this.now, operations: [...this.now.operations, operation] });
  }

  undo() {
    if (this.canUndo) this.at--;
  }

  redo() {
    if (this.canRedo) this.at++;
  }
}
