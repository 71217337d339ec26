package config

// Bind is one bind of the configuration: what a row of ops.smpp_binds says where
// there is Postgres.
type Bind struct {
	MNO        string
	Direction  string // tx, rx or trx
	Number     int    // from 1
	OperatorID string
	Window     int
}

// Binds lists an operator's binds, as many as its `binds` says, as this pod names them:
// MNO_ID and BIND_DIRECTION where they are set, else the operator's id and what
// its bind mode amounts to. It is empty for an operator that is not known.
func (c *Config) Binds(operatorID string) []Bind {
	o, known := c.Operator(operatorID)
	if !known {
		return nil
	}
	mno, direction := c.MNO, c.Direction
	if mno == "" {
		mno, direction = o.ID, o.BindMode.direction()
	}
	binds := make([]Bind, o.Binds)
	for i := range binds {
		binds[i] = Bind{MNO: mno, Direction: direction, Number: o.FirstBind + i, OperatorID: o.ID, Window: o.Window}
	}
	return binds
}

// direction is the bind's: a transmitter and a receiver are one bind in two sessions.
func (m BindMode) direction() string {
	if m == ModeTXRX {
		return string(ModeTRX)
	}
	return string(m)
}
