package verdict

import (
	"fmt"
	"strings"
)

// Runbook writes the table as the runbook of deploy/runbooks/smpp-errors.md: a
// section for each class of errors (US-SC-031).
func Runbook() string {
	var b strings.Builder
	b.WriteString("# SMPP errors\n\n" +
		"What a status in a submit_sm_resp means, what the connector does about it, and what to look at. Written from the table\n" +
		"actors/verdict/table.go by `go test ./actors/verdict -update`; a profile's `statuses` overrule it for one MNO.\n\n" +
		"A message that is refused for now is tried again after the delay of its row, three times; then after twice as long each time, up to 2 min, or 1 min\n" +
		"where the bind itself waits. Once it is retryFor of the profile old (24 h) it is a dead letter, retries_exhausted. ESME_RTHROTTLED does not count.\n\n" +
		"The log line of an error has traceId, messageId, esme_status and pduSeqNum; smpp_response_status_total counts every status,\n" +
		"and smpp_connector_late_answers_total those that came after the response timeout, whose submits count as unanswered.\n")
	for i := range sections {
		s := &sections[i]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", s.Name, s.Meaning)
		fmt.Fprintf(&b, "- **The connector:** %s\n- **You:** %s\n", s.Does, s.Check)
		if len(s.Statuses) == 0 {
			continue
		}
		b.WriteString("\n| status | code | meaning in the standard | verdict | alert |\n| --- | --- | --- | --- | --- |\n")
		for _, status := range s.Statuses {
			fmt.Fprintf(&b, "| %v | 0x%08X | %s | %s | %s |\n", status, uint32(status), status.Meaning(), s.words(), yes(s.Alert))
		}
	}
	return b.String()
}

// words is the verdict in a table's cell.
func (s *Section) words() string {
	words := s.Class.String()
	if s.Class == Retry {
		words += " after " + s.Delay.String()
	}
	if s.Effect != None {
		words += ", " + s.Effect.String()
	}
	return words
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
