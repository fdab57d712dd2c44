#!/usr/bin/env bash
# Parity, step times and memory on a graphics processor: one NVIDIA GPU, Vulkan, under eight minutes.
#   bench/gpu.sh [FILE.csv]
# Needs Node 20, libvulkan1 (apt-get install libvulkan1) and the driver of NVIDIA with its Vulkan part; in a container:
# NVIDIA_DRIVER_CAPABILITIES=all. CUDA is measured as well where its provider is installed (docs/gpu.md).
set -euo pipefail
cd "$(dirname "$0")/.."

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo 'no nvidia-smi: memory is not measured'
ldconfig -p | grep -q 'libvulkan\.so\.1' || echo 'no libvulkan.so.1: apt-get install libvulkan1'

# A container has NVIDIA's driver, but often not the file that tells Vulkan of it.
if [ -z "${VK_ICD_FILENAMES:-}" ] && ! ls /usr/share/vulkan/icd.d/nvidia*.json /etc/vulkan/icd.d/nvidia*.json >/dev/null 2>&1 &&
  ldconfig -p | grep -q 'libGLX_nvidia\.so\.0'; then
  driver=$(mktemp --suffix .json)
  echo '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' >"$driver"
  export VK_ICD_FILENAMES="$driver"
fi

[ -d node_modules ] || npm ci --ignore-scripts
[ -f dist/program/start.js ] || npm run build
timeout 470 node bench/gpu.js "$@"
