package smsc

import (
	"maps"

	"github.com/ghasi/smpp-connector/codec"
)

// Counts is what the server has seen since it began.
type Counts struct {
	Connections  int
	BindRequests int
	Binds        int // accepted
	Refused      int // binds refused
	Bound        int // sessions bound now
	Unbinds      int // asked for by peers
	Lost         int // bound sessions whose line ended without an unbind

	PDUsIn, PDUsOut  int
	Enquires         int // enquire_link heard
	EnquiresSent     int
	EnquiresAnswered int
	Nacked           int // generic_nack heard
	Malformed        int
	Misplaced        int // a PDU that an ESME may not send

	Submits     int                  // submit_sm, submit_multi destinations and data_sm heard
	Accepted    int                  // of them accepted: SMS that went out
	Rejected    int                  // of them answered with an error
	ByStatus    map[codec.Status]int // the rejected ones
	AnswersLost int                  // accepted, and left unanswered by LoseAnswers
	Duplicates  int                  // accepted SMS that had been accepted before; see Duplicates

	Receipts         int            // planned: final and intermediate ones, the copies of Twice included
	ReceiptsSent     int            // PDUs with a receipt, repeats included
	ReceiptsAnswered int            // answered ESME_ROK
	ReceiptsRefused  int            // answered otherwise
	ByState          map[string]int // receipts sent, by their stat word

	MOs         int // messages asked for by SendMO
	MOsSent     int // PDUs with an MO or a part of one, repeats included
	MOsAnswered int
	MOsRefused  int
	Abandoned   int // receipts and MO parts given up after RepeatRefused's times
	Stray       int // responses to nothing that was asked
}

func (c *Counts) refuse(status codec.Status) {
	c.Rejected++
	if c.ByStatus == nil {
		c.ByStatus = map[codec.Status]int{}
	}
	c.ByStatus[status]++
}

// Counts is a snapshot.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot()
}

func (s *Server) snapshot() Counts {
	c := s.counts
	c.ByStatus, c.ByState = maps.Clone(c.ByStatus), maps.Clone(c.ByState)
	return c
}
