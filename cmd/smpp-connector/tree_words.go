package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/infra/page"
)

// What tree says of one actor, in words.

// line says everything of one actor.
func (t treeView) line(a *vitals.Actor, v *page.View) string {
	if a.Bind == nil {
		return t.actorLine(a, v)
	}
	b := a.Bind
	words := []string{t.paint(b.Severity(), fmt.Sprintf("%s %-18s %-14s", map[vitals.Severity]string{vitals.Ill: "■", vitals.Trouble: "◆", vitals.Well: "●"}[b.Severity()], unarmed(b.Bind), unarmed(b.State))),
		fmt.Sprintf("%-9s", age(b.Since, v.At))}
	size := fmt.Sprintf("%d/%d", b.InFlight, b.Window)
	if b.Window != b.Configured {
		size += fmt.Sprintf(" of %d", b.Configured)
	}
	rate := fmt.Sprint(b.TPS)
	if b.TPSLimit > 0 {
		rate += fmt.Sprintf("/%d", b.TPSLimit)
	}
	words = append(words, fmt.Sprintf("window %-10s", size), fmt.Sprintf("%9s PDUs/s", rate), fmt.Sprintf("%-18s", limitOf(b.LimitedBy)))
	if b.P50Ms > 0 {
		words = append(words, fmt.Sprintf("p50 %s p99 %s", inMilliseconds(b.P50Ms), inMilliseconds(b.P99Ms)))
	}
	words = append(words, answersOf(b), receiptsOf(b, v.At))
	for _, l := range b.Lanes {
		if l.Lag > 0 {
			words = append(words, fmt.Sprintf("%s waits %d", unarmed(l.Lane), l.Lag))
		}
	}
	if b.Restarts > 0 {
		words = append(words, fmt.Sprintf("restarts %d", b.Restarts))
	}
	if host := b.Host(); host != "" {
		words = append(words, "at "+unarmed(host))
	}
	if b.Owner != "" && b.Owner != v.Pod {
		words = append(words, "on "+unarmed(b.Owner))
	}
	if b.Epoch > 0 {
		words = append(words, fmt.Sprintf("epoch %d", b.Epoch))
	}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), "  ")
}

// limitOf says what limits a bind, in the words of the page.
func limitOf(by string) string {
	switch by {
	case "queue":
		return "limited by traffic"
	case "nothing":
		return "at rest"
	case "closed", "":
		return ""
	}
	return "limited by " + unarmed(by)
}

func (t treeView) actorLine(a *vitals.Actor, v *page.View) string {
	name := a.Path
	if p := parentOf(a.Path, v); p != "" {
		name = a.Path[len(p)+1:]
	}
	words := []string{unarmed(name)}
	if a.State != "" {
		words = append(words, unarmed(a.State))
	}
	if a.Mailbox > 0 {
		words = append(words, fmt.Sprintf("mailbox %d", a.Mailbox))
	}
	if a.Restarts > 0 {
		words = append(words, fmt.Sprintf("restarts %d", a.Restarts))
	}
	if f := a.LastFailure; f != nil {
		bug := ""
		if f.Bug {
			bug = "bug: "
		}
		words = append(words, t.paint(vitals.Ill, fmt.Sprintf("%s%s (%s ago)", bug, unarmed(f.Reason), age(f.At, v.At))))
	}
	return strings.Join(words, "  ")
}

// answersOf are the shares of the statuses other than ESME_ROK, of late.
func answersOf(b *vitals.Bind) string {
	var all uint64
	for _, s := range b.Statuses {
		all += s.Recent
	}
	var words []string
	for _, s := range b.Statuses {
		if s.Recent > 0 && s.Status != "ESME_ROK" {
			words = append(words, fmt.Sprintf("%s %.1f%%", unarmed(s.Status), 100*float64(s.Recent)/float64(all)))
		}
	}
	return strings.Join(words, " ")
}

// receiptsOf says how many receipts came of late, when the last one came and how long
// they take; nothing of a bind that no receipt has come on.
func receiptsOf(b *vitals.Bind, now time.Time) string {
	if b.LastReceipt.IsZero() {
		return ""
	}
	words := fmt.Sprintf("receipts %d, last %s ago", b.Receipts, age(b.LastReceipt, now))
	if b.ReceiptP50Ms > 0 {
		words += fmt.Sprintf(", p50 %s p99 %s", inMilliseconds(b.ReceiptP50Ms), inMilliseconds(b.ReceiptP99Ms))
	}
	return words
}

// whyOf is what is wrong with a bind, and what comes next; nothing when all is well.
func whyOf(b *vitals.Bind, now time.Time) string {
	if b.Severity() == vitals.Well {
		for _, l := range b.Lines {
			if l.State != "BOUND" {
				return fmt.Sprintf("the %s line is %s: %s", l.Role, unarmed(l.State), unarmed(l.Reason))
			}
		}
		return ""
	}
	var words []string
	if b.Order != "" {
		words = append(words, "ordered: "+unarmed(b.Order))
	}
	for _, l := range b.Lines {
		if l.Reason != "" {
			words = append(words, unarmed(l.Reason))
			break
		}
	}
	if b.Attempts > 0 {
		words = append(words, fmt.Sprintf("attempt %d failed", b.Attempts))
	}
	if !b.NextDial.IsZero() && !now.IsZero() {
		words = append(words, "next dial in "+b.NextDial.Sub(now).Round(time.Second).String())
	}
	return strings.Join(words, " · ")
}

// age is how long something has been so.
func age(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case since.IsZero():
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

func inMilliseconds(ms float32) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.1fms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fs", ms/1000)
}

// paint colours a text by how bad it is; a sign and a word say it too.
func (t treeView) paint(s vitals.Severity, text string) string {
	if !t.colour {
		return text
	}
	return map[vitals.Severity]string{vitals.Ill: "\x1b[31m", vitals.Trouble: "\x1b[33m", vitals.Well: "\x1b[32m"}[s] + text + "\x1b[0m"
}

// unarmed takes out what would command a terminal: names and reasons come from outside.
func unarmed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' {
			return '\uFFFD'
		}
		return r
	}, s)
}

// amount is a number of things: "1 bind", "2 binds".
func amount(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
