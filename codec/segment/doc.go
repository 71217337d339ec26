// Package segment says how many SMS a text is, and cuts it into them.
//
// The connector sends with it and billing counts with it (US-SC-036), so that
// what is counted is what is split and what is split is what is sent: there is
// one walk over the text, and both functions take it.
//
//	text ──► encoding ──► units ──► segments ──► octets ──► fingerprint
//	         GSM7 if      septets   160 / 153
//	         all fits,    UTF-16    70 / 67
//	         else UCS2
//
// Three rules hold everywhere:
//
//  1. A character is never cut. An escape pair (two septets) and a surrogate
//     pair (two UTF-16 units) move to the next segment whole, so a count is not
//     a division.
//  2. A grapheme cluster may be cut. A base letter and its marks are separate
//     characters to 3GPP TS 23.040, and phones put them together again;
//     keeping them together would cost a segment in real Dari and Arabic text.
//  3. Nothing is normalised, transliterated or truncated. A text that cannot be
//     carried as demanded is an error; only GSM7Force replaces, and reports it.
//
// The package imports the standard library alone, starts nothing, and keeps no
// state: every function is safe for concurrent use.
package segment
