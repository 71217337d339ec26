package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/vitals"
	contract "github.com/ghasi/smpp-connector/proto"
)

// print prints the binds: for programs the whole of each, for people a line.
func (k *controlCall) print(roll []vitals.Bind, w io.Writer) {
	if !k.json {
		printBinds(w, roll, time.Now())
		return
	}
	for i := range roll {
		fmt.Fprintln(w, jsonLine(&roll[i]))
	}
}

// printNotes prints, for people, what pods say beside their binds: why one has none.
func (k *controlCall) printNotes(answers []control.Answer, w io.Writer) {
	for _, a := range answers {
		if a.Note != "" && !k.json {
			fmt.Fprintf(w, "pod %s: %s\n", unarmed(a.Pod), unarmed(a.Note))
		}
	}
}

// printBinds prints a line of each bind, in columns.
func printBinds(w io.Writer, roll []vitals.Bind, now time.Time) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "BIND\tOPERATOR\tHOST\tSTATE\tFOR\tORDER\tOWNER\tEPOCH\tTPS\tWINDOW\tLAG "+laneNames()+"\tRECEIPTS\tLIMITED BY")
	for i := range roll {
		b := &roll[i]
		state := b.State
		if state == "" {
			state = "not served"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\n", b.Bind, orDash(b.OperatorID), orDash(b.Host()), state, since(b.Since, now),
			orDash(b.Order), orDash(b.Owner), epoch(b.Epoch), rate(b), b.InFlight, b.Window, lags(b.Lanes), heardOf(b, now), orDash(b.LimitedBy))
	}
	_ = columns.Flush() // of a standard stream; nobody is left to be told
}

func laneNames() string {
	var names []string
	for _, l := range contract.Lanes() {
		names = append(names, l.String())
	}
	return strings.Join(names, "/")
}

// lags are what waits in each lane: "-" for one that the pod does not serve, "?"
// where it is not known.
func lags(lanes []vitals.Lane) string {
	words := make([]string, 0, len(contract.Lanes()))
	for _, l := range contract.Lanes() {
		word := "-"
		for _, served := range lanes {
			if served.Lane != l.String() {
				continue
			}
			if word = "?"; served.Lag >= 0 {
				word = strconv.FormatInt(served.Lag, 10)
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, "/")
}

func rate(b *vitals.Bind) string {
	if b.TPSLimit == 0 {
		return strconv.Itoa(b.TPS)
	}
	return fmt.Sprintf("%d/%d", b.TPS, b.TPSLimit)
}

// heardOf is how many receipts came in the last one to two minutes, and when the last one
// came; "-" where none has.
func heardOf(b *vitals.Bind, now time.Time) string {
	if b.LastReceipt.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%d, %s ago", b.Receipts, since(b.LastReceipt, now))
}

func epoch(n uint64) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatUint(n, 10)
}

// since is how long a state has lasted, to the second; "-" where that is not known.
func since(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return max(now.Sub(at), 0).Truncate(time.Second).String()
}
