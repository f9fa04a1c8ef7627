import type { Progress } from '../support/progress.ts'
import { findOrInstall } from './debian.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * Finds Chromium or Chrome in PATH, or else installs Debian's package if this process is root on Debian or Ubuntu.
 * Returns undefined if Chromium is missing and cannot be installed.
 */
export const findChromium = (progress: Progress): Promise<string | undefined> =>
  findOrInstall(NAMES, 'chromium', progress)
