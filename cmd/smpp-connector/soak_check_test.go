package main

import (
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// complaints gathers what is wrong with many messages into one line a kind.
type complaints struct {
	order []string
	of    map[string][]int
}

func (c *complaints) add(what string, i int) {
	if c.of == nil {
		c.of = map[string][]int{}
	}
	if c.of[what] == nil {
		c.order = append(c.order, what)
	}
	c.of[what] = append(c.of[what], i)
}

func (s *soak) tell(c *complaints) {
	s.t.Helper()
	for _, what := range c.order {
		of := c.of[what]
		s.t.Errorf("%d messages %s: m%d and so on", len(of), what, of[:min(len(of), 5)])
	}
}

// checkEvents holds what was heard to what was sent and accepted: nothing lost,
// one submitted event a message, one final receipt where one was asked for, and
// what the MNO has more than once marked.
func (s *soak) checkEvents() (ambiguous int) {
	s.t.Helper()
	s.arrived.mu.Lock()
	defer s.arrived.mu.Unlock()
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	var wrong complaints
	for i := range s.n {
		of := &s.heard.of[i]
		if of.ambiguous {
			ambiguous++
		}
		s.checkMessage(&wrong, i, of)
	}
	s.tell(&wrong)
	for name, list := range map[string][]string{"events": s.heard.strange, "SMS": s.arrived.strange} {
		if len(list) > 0 {
			s.t.Errorf("%d %s of no message of ours: %q", len(list), name, list[:min(len(list), 5)])
		}
	}
	return ambiguous
}

func (s *soak) checkMessage(wrong *complaints, i int, of *told) {
	finals, repeated := 0, false
	if s.asks(i) {
		finals = 1
	}
	for part := 1; part <= s.parts(i); part++ {
		copies := s.arrived.at(place(i, part))
		if len(copies) == 0 {
			wrong.add("were lost, or a part of them", i)
		}
		repeated = repeated || len(copies) > 1
		if len(copies) > 0 && (len(of.ids) != s.parts(i) || !has(copies, of.ids[part-1])) {
			wrong.add("have a submitted event with ids that the MNO did not give", i)
		}
	}
	for what, is := range map[string]bool{
		"have no submitted event":                         of.submitted == 0,
		"have more than one submitted event":              of.submitted > 1,
		"have fewer final receipts than were asked for":   of.finals < finals,
		"have more final receipts than were asked for":    of.finals > finals,
		"have a dead letter":                              of.dead > 0,
		"came to the MNO twice and are not marked":        repeated && !of.ambiguous,
		"cannot be put together by a handset (US-SC-026)": !s.arrived.whole(i),
	} {
		if is {
			wrong.add(what, i)
		}
	}
}

func has(copies []arrival, id string) bool {
	return slices.ContainsFunc(copies, func(a arrival) bool { return strconv.FormatUint(a.id, 10) == id })
}

// stored is which parts have their rows in smpp.message_correlations, by place.
// Every row must speak of an SMS that the MNO has accepted.
func (s *soak) stored() []bool {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.pg.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	rows, err := conn.Query(s.t.Context(), `SELECT message_id, part_index, operator_message_id FROM smpp.message_correlations`)
	if err != nil {
		s.t.Fatal(err)
	}
	stored := make([]bool, s.n*mostParts)
	var messageID, id string
	var part int
	var wrong complaints
	s.arrived.mu.Lock()
	defer s.arrived.mu.Unlock()
	_, err = pgx.ForEachRow(rows, []any{&messageID, &part, &id}, func() error {
		i := numberOf(messageID)
		if i < 0 || i >= s.n || part > s.parts(i) || !has(s.arrived.at(place(i, part)), id) {
			wrong.add("have a row that speaks of an SMS that the MNO did not accept", i)
			return nil
		}
		stored[place(i, part)] = true
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.tell(&wrong)
	return stored
}

// checkRows holds the correlations to be complete.
func (s *soak) checkRows() {
	s.t.Helper()
	stored := s.stored()
	var wrong complaints
	s.arrived.each(func(i, _, at int) {
		if !stored[at] {
			wrong.add("have a part that was accepted and has no row", i)
		}
	})
	s.tell(&wrong)
}

// unstored is how often the MNO has accepted each part that no row speaks of, by
// place, when the connector is dead.
func (s *soak) unstored() map[int]int {
	s.t.Helper()
	s.awaitNoBackends()
	stored, left := s.stored(), map[int]int{}
	s.arrived.each(func(_, _, at int) {
		if !stored[at] {
			left[at] = 1 + len(s.arrived.again[at])
		}
	})
	return left
}

// awaitNoBackends returns when PostgreSQL has ended what a dead connector began.
func (s *soak) awaitNoBackends() {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.pg.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	eventually(s.t, "PostgreSQL has no connection of the connector", func() bool {
		var n int
		err := conn.QueryRow(s.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smpp-connector'`).Scan(&n)
		return err == nil && n == 0
	})
}
