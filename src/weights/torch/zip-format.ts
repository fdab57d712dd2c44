/** How the parts of a zip file begin (PKWARE's APPNOTE.TXT, section 4.3). */
export const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  locator: 0x07064b50,
  end64: 0x06064b50,
};

/** Bytes of each part, without names and extra fields. */
export const partBytes = { local: 30, entry: 46, end: 22, locator: 20, end64: 56 };

/** The fields of 16 and 32 bits hold these when the number is in the 64-bit extensions. */
export const largest16 = 0xffff;
export const largest32 = 0xffffffff;
