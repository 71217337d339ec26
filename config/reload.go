package config

import (
	"errors"
	"fmt"
)

// Reload reads again what Load was given: the file, the environment, the command
// line of that time. It returns the Config to put in force from now on, in which
// the settings that need a restart stand as they stood, and every difference to
// what the sources say: a change that waits for a restart is told each time.
//
// If something is wrong, the error joins every complaint and the Config is c
// itself: what was in force stays. So it does when all is right, but not before
// a restart: a response timeout above the dispatch.ackWait that is still in force.
func (c *Config) Reload() (*Config, []Change, error) {
	if c.rest == nil {
		return c, nil, errors.New("this configuration was not loaded: there is nothing to read again")
	}
	s, err := c.rest.given.open()
	if err != nil {
		return c, nil, err
	}
	whole, complaints := s.build(nil)
	if len(complaints) > 0 {
		return c, nil, errors.Join(complaints...)
	}
	next, complaints := s.build(c)
	for i, complaint := range complaints {
		complaints[i] = fmt.Errorf("before a restart: %w", complaint)
	}
	if len(complaints) > 0 {
		return c, nil, errors.Join(complaints...)
	}
	if whole.DebugTokenFile != "" && whole.DebugTokenFile == c.DebugTokenFile {
		whole.DebugToken = c.DebugToken // it is read from its file whenever it is asked for: no change waits
	}
	return next, c.Changes(whole), nil
}
