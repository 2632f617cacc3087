// The EXIF orientation of a WebP file. Browsers turn JPEG, PNG and AVIF upright as it says, but show WebP
// as it is stored, while the server turns it: a mask that was painted on it would lie elsewhere.

// 1 is upright, also where there is none.
export async function ofWebp(blob) {
  const bytes = new DataView(await blob.arrayBuffer());
  const is = (at, letters) => [...letters].every((letter, index) =>
    bytes.getUint8(at + index) === letter.charCodeAt(0));
  if (bytes.byteLength < 12 || !is(0, 'RIFF') || !is(8, 'WEBP')) return 1;
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const length = bytes.getUint32(at + 4, true);
    if (is(at, 'EXIF')) {
      const start = at + 8 + (is(at + 8, 'Exif') ? 6 : 0);
      return ofTiff(new DataView(bytes.buffer, start, Math.min(length, bytes.byteLength - start)));
    }
    at += 8 + length + (length & 1);
  }
  return 1;
}

function ofTiff(view) {
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const count = view.getUint16(directory, little);
    for (let index = 0; index < count; index++) {
      const entry = directory + 2 + 12 * index;
      if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little) || 1;
    }
  } catch { // cut off: nobody can tell
  }
  return 1;
}
