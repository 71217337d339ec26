package codec

import (
	"testing"
	"time"
)

// SMPP 3.4 §7.1.1.
func TestParseTime(t *testing.T) {
	kabul := time.FixedZone("", 4*3600+1800)
	for _, c := range []struct {
		text string
		want time.Time
	}{
		{"261124101530000+", time.Date(2026, 11, 24, 10, 15, 30, 0, time.UTC)},
		{"261124101530518+", time.Date(2026, 11, 24, 10, 15, 30, 5e8, kabul)},
		{"261124101530918-", time.Date(2026, 11, 24, 10, 15, 30, 9e8, time.FixedZone("", -4*3600-1800))},
		{"240229235959000+", time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC)},
	} {
		got, err := ParseTime(c.text)
		if err != nil || !got.At.Equal(c.want) || got.IsRelative() {
			t.Errorf("%s: %v, %v, want %v", c.text, got.At, err, c.want)
		}
		if got.From(time.Now()) != got.At {
			t.Errorf("%s: a moment does not depend on now", c.text)
		}
	}
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"000002000000000R": now.AddDate(0, 0, 2),
		"010203040506000R": now.AddDate(1, 2, 3).Add(4*time.Hour + 5*time.Minute + 6*time.Second),
		"000000009000000R": now.Add(90 * time.Minute),
		"000000000000000R": now,
	} {
		got, err := ParseTime(text)
		if err != nil || !got.IsRelative() || !got.From(now).Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got.From(now), err, want)
		}
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for text, part := range map[string]string{
		"":                  "the length",
		"2611241015":        "the length",
		"261324101530000+":  "MM",
		"260024101530000+":  "MM",
		"260231101530000+":  "DD",
		"250229101530000+":  "DD",
		"261124241530000+":  "hh",
		"261124106030000+":  "mm",
		"261124101560000+":  "ss",
		"2611241015300x0+":  "nn",
		"26112410153x000+":  "ss",
		"261124101530x00+":  "t",
		"261124101530049+":  "nn",
		"261124101530000Z":  "p",
		"00-102000000000R":  "MM",
		"261124101530000+ ": "the length",
	} {
		_, err := ParseTime(text)
		if e, ok := err.(*TimeError); !ok || e.Part != part {
			t.Errorf("%q: %v, want a complaint about %s", text, err, part)
		}
	}
}

func TestFormatTime(t *testing.T) {
	moment := time.Date(2026, 11, 24, 14, 45, 30, 987654321, time.FixedZone("", 4*3600+1800))
	if got := FormatAbsolute(moment); got != "261124101530900+" {
		t.Errorf("%s", got)
	}
	if back, err := ParseTime(FormatAbsolute(moment)); err != nil || !back.At.Equal(moment.Truncate(100*time.Millisecond)) {
		t.Errorf("%v, %v", back.At, err)
	}
	for d, want := range map[time.Duration]string{
		0:                              "000000000000000R",
		48 * time.Hour:                 "000002000000000R",
		90*time.Minute + 1500*1000_000: "000000013001000R",
		100*24*time.Hour - 1:           "000099235959000R",
	} {
		got, err := FormatRelative(d)
		if err != nil || got != want {
			t.Errorf("%v: %s, %v, want %s", d, got, err, want)
		}
		if back, err := ParseTime(got); err != nil || back.From(moment).Sub(moment) != d.Truncate(time.Second) {
			t.Errorf("%v comes back as %v, %v", d, back.From(moment).Sub(moment), err)
		}
	}
	for _, d := range []time.Duration{-1, 100 * 24 * time.Hour} {
		if got, err := FormatRelative(d); err == nil {
			t.Errorf("%v: %s", d, got)
		}
	}
}
