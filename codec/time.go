package codec

import (
	"fmt"
	"time"
)

// timeLen is the length of a time on the wire, NUL not counted (SMPP 3.4 §7.1.1).
const timeLen = 16

// Time is a schedule_delivery_time, validity_period or final_date: a moment, or a
// span from the moment at which the SMSC got the message.
type Time struct {
	// At is the moment; zero for a span. It has tenths of a second and the offset
	// that was sent.
	At time.Time
	// Years to Seconds are the span; all zero for a moment.
	Years, Months, Days, Hours, Minutes, Seconds int
}

// IsRelative reports whether t is a span.
func (t Time) IsRelative() bool { return t.At.IsZero() }

// From is the moment that t names when the span begins at now.
func (t Time) From(now time.Time) time.Time {
	if !t.IsRelative() {
		return t.At
	}
	span := time.Duration(t.Hours)*time.Hour + time.Duration(t.Minutes)*time.Minute + time.Duration(t.Seconds)*time.Second
	return now.AddDate(t.Years, t.Months, t.Days).Add(span)
}

// TimeError says why a text is not a time of SMPP.
type TimeError struct {
	Length int    // of the text
	Part   string // the part that is wrong, as the spec names it: "nn", "p"
}

// Error implements error.
func (e *TimeError) Error() string {
	return fmt.Sprintf("codec: time of %d characters: %s is wrong, want YYMMDDhhmmsstnnp, as in 261124101500004+ or 000002000000000R", e.Length, e.Part)
}

// timeParts are the two-digit parts of a time and the numbers each may have in a
// moment. A span is free to say 90 minutes.
var timeParts = [...]struct {
	name        string
	least, most int
}{{"YY", 0, 99}, {"MM", 1, 12}, {"DD", 1, 31}, {"hh", 0, 23}, {"mm", 0, 59}, {"ss", 0, 59}}

// ParseTime reads YYMMDDhhmmsstnnp: p is + or - for a moment, whose offset from UTC
// is nn quarters of an hour, and R for a span. Years are 2000…2099. The empty text
// ("at once", "the SMSC's default") is not a time and is refused.
func ParseTime(s string) (Time, error) {
	if len(s) != timeLen {
		return Time{}, &TimeError{len(s), "the length"}
	}
	relative := s[15] == 'R'
	var n [len(timeParts)]int
	for i, part := range timeParts {
		v, ok := digits(s[2*i : 2*i+2])
		if !ok || !relative && (v < part.least || v > part.most) {
			return Time{}, &TimeError{len(s), part.name}
		}
		n[i] = v
	}
	tenths, ok := digits(s[12:13])
	if !ok {
		return Time{}, &TimeError{len(s), "t"}
	}
	quarters, ok := digits(s[13:15])
	if !ok || quarters > 48 {
		return Time{}, &TimeError{len(s), "nn"}
	}
	switch s[15] {
	case 'R':
		return Time{Years: n[0], Months: n[1], Days: n[2], Hours: n[3], Minutes: n[4], Seconds: n[5]}, nil
	case '-':
		quarters = -quarters
	case '+':
	default:
		return Time{}, &TimeError{len(s), "p"}
	}
	zone := time.UTC
	if quarters != 0 {
		zone = time.FixedZone("", quarters*15*60)
	}
	at := time.Date(2000+n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], tenths*int(time.Second/10), zone)
	if at.Day() != n[2] { // 31 June, 30 February
		return Time{}, &TimeError{len(s), "DD"}
	}
	return Time{At: at}, nil
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, true
}

// FormatAbsolute writes the moment t, in UTC and cut to tenths of a second. It is
// right for the years 2000…2099.
func FormatAbsolute(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("%02d%02d%02d%02d%02d%02d%d00+", t.Year()%100, t.Month(), t.Day(),
		t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/int(time.Second/10))
}

// FormatRelative writes the span d, cut to seconds. A span of more than 99 days
// or below zero has no exact form, as months and years differ: use FormatAbsolute.
func FormatRelative(d time.Duration) (string, error) {
	const day = 24 * time.Hour
	if d < 0 || d >= 100*day {
		return "", fmt.Errorf("codec: relative time %v: want 0 to 99 days, or use FormatAbsolute", d)
	}
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", d/day, d%day/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second), nil
}
