/** Pictures from a camera, as fast as they are wanted. */
export interface Camera {
  frame(): Promise<ImageBitmap>;
  stop(): void;
}

/** Opens the camera, after the browser has asked. @throws Error with words for people. */
export async function openCamera(): Promise<Camera> {
  // Browsers give a camera only to pages that came over https or from this machine.
  if (!navigator.mediaDevices) {
    throw new Error(
      'camera: this browser does not let this page use one; open the page over https or from localhost',
    );
  }
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 640 }, facingMode: 'environment' },
      audio: false,
    });
  } catch (thrown) {
    throw new Error(`camera: ${reasonOf(thrown as DOMException)}`, { cause: thrown });
  }
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  return {
    frame: () => createImageBitmap(video),
    stop: () => {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

function reasonOf({ name, message }: DOMException): string {
  if (name === 'NotAllowedError') return "not allowed; allow it in the browser's settings for this page";
  if (name === 'NotFoundError') return 'none was found; connect one, or open an image';
  if (name === 'NotReadableError') return 'in use by another program; close that, or open an image';
  return message;
}
