package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// hearBind answers a bind request of any of the three kinds. p is the PDU that
// b is the body of.
func (sess *Session) hearBind(p codec.PDU, b *codec.Bind, now time.Time) {
	s := sess.server
	s.counts.BindRequests++
	if sess.conduct.silent {
		return
	}
	status, nack, played := sess.judgeBind(p.Command(), b)
	if status != codec.StatusOK {
		s.counts.Refused++
		s.log.news(sess, p.Command().String()+" of "+b.SystemID+" refused: "+status.String())
		resp := codec.PDU(&codec.GenericNack{Header: codec.Header{Status: status, Sequence: p.Head().Sequence}})
		if !nack {
			resp = codec.NewResp(p, status)
		}
		sess.send(resp)
	} else {
		sess.accept(p, b, now)
	}
	if played != nil {
		s.play(played, sess)
	}
	if sess.state == stateBound {
		sess.account.pump()
	}
}

// judgeBind decides a bind: state, credentials, the script's turn, the conduct.
// played is the cursor whose turn it was.
func (sess *Session) judgeBind(id codec.CommandID, b *codec.Bind) (status codec.Status, nack bool, played *cursor) {
	s, c := sess.server, sess.conduct
	switch {
	case sess.state == stateBound:
		return codec.StatusAlyBnd, false, nil
	case s.systemID != "" && b.SystemID != s.systemID:
		return codec.StatusInvSysID, false, nil
	case s.password != "" && b.Password != s.password:
		return codec.StatusInvPaswd, false, nil
	case c.refuseTRX && id == codec.BindTransceiverID:
		return codec.StatusInvCmdID, c.nackTRX, nil
	}
	if cur, st := s.turnOf(sess, turnBind); cur != nil {
		cur.next()
		played, status = cur, st.status
	}
	switch {
	case status != codec.StatusOK:
	case c.refuse != codec.StatusOK:
		status = c.refuse
	case c.bindLimit > 0 && s.boundTo(b.SystemID) >= c.bindLimit:
		status = codec.StatusAlyBnd
	}
	return status, false, played
}

// accept binds the session.
func (sess *Session) accept(p codec.PDU, b *codec.Bind, now time.Time) {
	s := sess.server
	s.counts.Binds++
	s.counts.Bound++
	sess.state, sess.bind, sess.boundAt = stateBound, p.Command(), now
	sess.system = string([]byte(b.SystemID)) // the frame is the reader's
	sess.account = s.accountOf(sess.system)
	if sess.receives() {
		sess.account.receivers = append(sess.account.receivers, sess)
	}
	body := codec.BindResp{SystemID: s.ourID}
	if b.InterfaceVersion >= codec.InterfaceVersion34 {
		body.TLVs.AddUint8(codec.TagSCInterfaceVersion, codec.InterfaceVersion34)
	}
	resp := codec.NewResp(p, codec.StatusOK)
	switch resp := resp.(type) {
	case *codec.BindTransceiverResp:
		resp.BindResp = body
	case *codec.BindTransmitterResp:
		resp.BindResp = body
	case *codec.BindReceiverResp:
		resp.BindResp = body
	}
	sess.send(resp)
	s.log.news(sess, p.Command().String()+" of "+sess.system+" accepted")
	s.watchEnquire(sess)
}

// submits says whether the bind lets the peer submit, receives whether it lets
// the peer be delivered to.
func (sess *Session) submits() bool {
	return sess.state == stateBound && sess.bind != codec.BindReceiverID
}

func (sess *Session) receives() bool {
	return sess.state == stateBound && sess.bind != codec.BindTransmitterID
}

// boundTo counts the sessions bound with a system_id.
func (s *Server) boundTo(systemID string) (n int) {
	for _, sess := range s.live {
		if sess.state == stateBound && sess.system == systemID {
			n++
		}
	}
	return n
}
