package receipt

import "time"

// Date is a date of a receipt.
type Date struct {
	Time time.Time
	// Other is the second reading of twelve digits that are a date both as
	// YYMMDDhhmmss (taken) and as YYYYMMDDhhmm; else zero.
	Other time.Time
	Zoned bool // the date said its time zone itself; otherwise it is the location's that was asked for
}

// calendars are the spellings with punctuation, all of one length each.
var calendars = [...]string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006/01/02 15:04:05",
	"2006-01-02 15:04", "2006-01-02T15:04", "2006/01/02 15:04",
}

// ParseDate reads the dates that SMSCs write: YYMMDDhhmm (Appendix B),
// YYMMDDhhmmss, YYYYMMDDhhmm, YYYYMMDDhhmmss, the absolute time of SMPP 3.4
// §7.1.1 (YYMMDDhhmmsstnnp), and calendar dates as in ISO 8601. Dates without a
// zone are the SMSC's local time; in is its location (nil: UTC). Years 70 to 99
// are 19xx. ok is false for all else, zeros included.
func ParseDate(s string, in *time.Location) (d Date, ok bool) {
	if in == nil {
		in = time.UTC
	}
	if n := digits(s); n < len(s) {
		if n == 15 && len(s) == 16 {
			return absolute(s)
		}
		return calendar(s, in)
	}
	switch len(s) {
	case 10:
		d.Time, ok = fields(s, 2, in)
	case 12:
		short, isShort := fields(s, 2, in)
		long, isLong := fields(s, 4, in)
		switch {
		case isShort && isLong:
			d.Time, d.Other, ok = short, long, true
		case isShort:
			d.Time, ok = short, true
		case isLong:
			d.Time, ok = long, true
		}
	case 14:
		d.Time, ok = fields(s, 4, in)
	}
	return d, ok
}

func isDate(s string) bool {
	_, ok := ParseDate(s, nil)
	return ok
}

func calendar(s string, in *time.Location) (d Date, ok bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return Date{Time: t, Zoned: true}, plausible(t.Year())
	}
	for _, layout := range calendars {
		if len(s) != len(layout) {
			continue
		}
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			return Date{Time: t}, plausible(t.Year())
		}
	}
	return Date{}, false
}

// plausible reports whether a year of four digits can be one of a receipt: zeros
// are none.
func plausible(year int) bool { return year >= 1970 && year <= 2099 }

// absolute is YYMMDDhhmmss, tenths of a second, the zone in quarters of an hour,
// and the zone's sign.
func absolute(s string) (Date, bool) {
	quarters := number(s[13:15])
	switch {
	case quarters > 48:
		return Date{}, false
	case s[15] == '-':
		quarters = -quarters
	case s[15] != '+':
		return Date{}, false
	}
	t, ok := fields(s[:12], 2, time.FixedZone("", quarters*15*60))
	if !ok {
		return Date{}, false
	}
	return Date{Time: t.Add(time.Duration(s[12]-'0') * 100 * time.Millisecond), Zoned: true}, true
}

// fields reads a year of two or four digits and then pairs: month, day, hour,
// minute, and second if there is one.
func fields(s string, yearDigits int, in *time.Location) (time.Time, bool) {
	year := number(s[:yearDigits])
	switch {
	case yearDigits == 4 && !plausible(year):
		return time.Time{}, false
	case yearDigits == 2 && year >= 70:
		year += 1900
	case yearDigits == 2:
		year += 2000
	}
	var rest [5]int // month, day, hour, minute, second
	for i := range rest {
		if at := yearDigits + 2*i; at < len(s) {
			rest[i] = number(s[at : at+2])
		}
	}
	t := time.Date(year, time.Month(rest[0]), rest[1], rest[2], rest[3], rest[4], 0, in)
	// time.Date carries a 13th month or a 31st of June over; such a date is none.
	// Hours are compared in themselves, since a clock change may move them.
	ok := int(t.Month()) == rest[0] && t.Day() == rest[1] && rest[2] < 24 && rest[3] < 60 && rest[4] < 60
	return t, ok
}

// digits is how many digits s starts with.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

func number(digits string) (n int) {
	for i := range len(digits) {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}
