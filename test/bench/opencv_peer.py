"""Inpainting by OpenCV (Telea 2004; Navier–Stokes, Bertalmio et al. 2001): what a user would pick instead.

usage: opencv_peer.py telea|ns RADIUS < pictures > repaired
stdin: int32 n, height, width; then for each picture premultiplied RGBA bytes [H, W, 4] and its mask [H, W], 255 inside.
stdout: the repaired RGBA bytes, one after the other. Colour and alpha are inpainted one after the other.
"""
import sys
import cv2, numpy as np

method = {"telea": cv2.INPAINT_TELEA, "ns": cv2.INPAINT_NS}[sys.argv[1]]
radius = float(sys.argv[2])
data = sys.stdin.buffer.read()
n, H, W = np.frombuffer(data, np.int32, 3)
at = 12
for _ in range(n):
    rgba = np.frombuffer(data, np.uint8, H * W * 4, at).reshape(H, W, 4); at += H * W * 4
    mask = np.frombuffer(data, np.uint8, H * W, at).reshape(H, W); at += H * W
    colour = cv2.inpaint(np.ascontiguousarray(rgba[..., :3]), mask, radius, method)
    alpha = cv2.inpaint(np.ascontiguousarray(rgba[..., 3]), mask, radius, method)
    sys.stdout.buffer.write(np.dstack([colour, alpha]).tobytes())
