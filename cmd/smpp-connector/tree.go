package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/ghasi/smpp-connector/infra/page"
)

// tree shows in a terminal what /debug/actors shows in a browser: every bind, what is
// wrong with it, and with --all every actor. --watch shows it anew each second.
func tree(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("tree", flag.ContinueOnError)
	set.SetOutput(s.err)
	var from debugFlags
	from.add(set)
	asJSON := set.Bool("json", false, "print JSON, as /debug/actors has it; with --watch one line a second")
	watch := set.Bool("watch", false, "show it anew each second, what is ill first")
	all := set.Bool("all", false, "show the actors below the binds too")
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	t := treeView{words: set.Args(), all: *all, colour: isColourful(s.out)}
	once := func() error {
		ctx, cancel := context.WithTimeout(ctx, treePatience)
		defer cancel()
		octets, err := from.ask(ctx, http.MethodGet, "actors")
		if err != nil {
			return err
		}
		if *asJSON {
			_, err = s.out.Write(octets)
			return err
		}
		var view page.View
		if err := json.Unmarshal(octets, &view); err != nil {
			return fmt.Errorf("%s does not answer with a tree: %w", from.address, err)
		}
		if *watch {
			return t.redraw(s.out, &view)
		}
		return t.print(s.out, &view)
	}
	err := once()
	for *watch && err == nil {
		select {
		case <-time.After(time.Second):
			err = once()
		case <-ctx.Done():
			if height(s.out) > 0 {
				fmt.Fprintln(s.out) // the prompt begins on a line of its own
			}
			return 0
		}
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(s.err, "smpp-connector tree:", err)
		return 1
	}
	return 0
}

// treePatience bounds one look.
const treePatience = 10 * time.Second

// isColourful reports whether out is a terminal whose user has not asked for none
// (no-color.org).
func isColourful(out any) bool {
	file, ok := out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(file.Fd()))
}

// height is how many lines a terminal has; 0: it is none.
func height(out any) int {
	file, ok := out.(*os.File)
	if !ok {
		return 0
	}
	_, lines, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return lines
}
