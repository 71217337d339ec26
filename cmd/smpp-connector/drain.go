package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"time"
)

// drain asks the connector on this machine to drain and waits until that is over:
// a pod's pre-stop hook (US-SC-015), in an image that has neither a shell nor curl.
// It reads no configuration beside the address, so that it works however wrong the
// rest has become since the process started.
func drain(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("drain", flag.ContinueOnError)
	set.SetOutput(s.err)
	var at debugFlags
	at.add(set)
	timeout := set.Duration("timeout", 10*time.Minute, "how long to wait for the end of the drain, which the process bounds itself")
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if *timeout <= 0 || set.NArg() > 0 {
		fmt.Fprintln(s.err, "Usage: smpp-connector drain [--debug HOST:PORT] [--timeout DURATION, above 0]")
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, *timeout, fmt.Errorf("not over after %v", *timeout))
	defer cancel()
	began := time.Now()
	state, err := awaitDrain(ctx, &at)
	if err == nil && state.State == "failed" {
		err = errors.New(state.Error)
	}
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector drain:", err)
		return 1
	}
	fmt.Fprintf(s.out, "%s after %v\n", state.State, time.Since(began).Round(time.Millisecond))
	return 0
}

// awaitDrain begins the drain and asks until it is over. A process that ends
// meanwhile has drained: that is the last thing but one that it does.
func awaitDrain(ctx context.Context, at *debugFlags) (drainState, error) {
	state, err := askDrain(ctx, http.MethodPost, at)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // the time was over before the process had answered
	}
	if err != nil {
		return state, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for state.State == "draining" {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return state, context.Cause(ctx)
		}
		next, err := askDrain(ctx, http.MethodGet, at)
		switch {
		case err == nil:
			state = next
		case ctx.Err() != nil:
			return state, context.Cause(ctx)
		default:
			return drainState{State: "ended"}, nil
		}
	}
	return state, nil
}

func askDrain(ctx context.Context, method string, at *debugFlags) (state drainState, err error) {
	octets, err := at.ask(ctx, method, "drain")
	if err != nil {
		return state, err
	}
	return state, json.Unmarshal(octets, &state)
}
