// Where the picture lies on the screen: screen = scale * picture + offset, in CSS pixels of the pane.

const MOST = 40; // screen pixels for one of the picture's
const MARGIN = 24; // CSS pixels around a picture that fits

export class View {
  constructor() {
    [this.scale, this.x, this.y] = [1, 0, 0];
    [this.width, this.height] = [1, 1]; // of the picture
    [this.paneWidth, this.paneHeight] = [1, 1];
    this.fitted = true; // until somebody zooms or pans
    this.inset = [0, 0]; // CSS pixels of the pane that something covers: above and below
  }

  get fitScale() {
    const [above, below] = this.inset;
    const margin = Math.min(MARGIN, this.paneWidth / 20);
    return Math.min(
      (this.paneWidth - 2 * margin) / this.width,
      (this.paneHeight - above - below - 2 * margin) / this.height, 8);
  }

  // Of the pane's part that nothing covers.
  get middle() {
    const [above, below] = this.inset;
    return [this.paneWidth / 2, above + (this.paneHeight - above - below) / 2];
  }

  ofPicture(width, height) {
    [this.width, this.height] = [width, height];
    this.fit();
  }

  ofPane(width, height) {
    const [dx, dy] = [(width - this.paneWidth) / 2, (height - this.paneHeight) / 2];
    [this.paneWidth, this.paneHeight] = [width, height];
    if (this.fitted) this.fit();
    else this.move(dx, dy);
  }

  fit() {
    const [above, below] = this.inset;
    this.scale = Math.max(this.fitScale, 1e-3);
    this.x = (this.paneWidth - this.scale * this.width) / 2;
    this.y = above + (this.paneHeight - above - below - this.scale * this.height) / 2;
    this.fitted = true;
  }

  // Around a point of the pane, which stays where it is.
  zoom(factor, x = this.middle[0], y = this.middle[1]) {
    const scale = Math.min(MOST, Math.max(Math.min(this.fitScale, 1) / 2, this.scale * factor));
    const [px, py] = this.toPicture(x, y);
    this.scale = scale;
    [this.x, this.y] = [x - scale * px, y - scale * py];
    this.move(0, 0);
  }

  move(dx, dy) {
    // Some of the picture always stays in sight.
    const keep = 48;
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    this.x = clamp(this.x + dx, keep - this.scale * this.width, this.paneWidth - keep);
    this.y = clamp(this.y + dy, keep - this.scale * this.height, this.paneHeight - keep);
    this.fitted = false;
  }

  toPicture(x, y) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toScreen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  // Moves as little as needed for a point of the picture to be in sight.
  reveal(x, y, margin = 40) {
    const [sx, sy] = this.toScreen(x, y);
    const out = (value, length) =>
      Math.max(0, margin - value) - Math.max(0, value - (length - margin));
    const [dx, dy] = [out(sx, this.paneWidth), out(sy, this.paneHeight)];
    if (dx || dy) this.move(dx, dy);
  }
}
