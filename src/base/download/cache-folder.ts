import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Folder for what can be downloaded again: FCN_CACHE, else where the platform expects caches (XDG base directory
 * specification; ~/Library/Caches; %LOCALAPPDATA%). It need not exist.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.FCN_CACHE) return path.resolve(env.FCN_CACHE);
  if (platform === 'win32') {
    return path.join(env.LOCALAPPDATA || path.join(homedir(), 'AppData', 'Local'), 'fcn', 'Cache');
  }
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'fcn');
  const xdg = env.XDG_CACHE_HOME;
  // "If an implementation encounters a relative path in any of these variables it should consider the path invalid."
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(homedir(), '.cache'), 'fcn');
}
