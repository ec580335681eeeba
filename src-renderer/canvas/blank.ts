/** Whether a picture comes to 2D canvases empty. Reads it back, so it is not for every frame. */
export function isBlank(picture: ImageBitmap): boolean {
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (context === null) return true;
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height).data.every((value) => value === 0);
}
