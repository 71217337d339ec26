package proto

// The functions of this file are the JSON of each message: its fields in the
// order of their numbers, always… for those that are never left out.

func writeCommand(w *writer, m *SmsDispatchCommand) {
	w.alwaysText("messageId", m.MessageId)
	w.alwaysText("to", m.To)
	w.alwaysText("text", m.Text) // empty is valid, absent is not (US-SC-006)
	w.text("from", m.From)
	w.enum("encoding", encodings, int32(m.Encoding))
	w.enum("longMessageStrategy", strategies, int32(m.LongMessageStrategy))
	w.text("segmentFingerprint", m.SegmentFingerprint)
	w.instant("expiresAt", m.ExpiresAt)
	w.instant("scheduledAt", m.ScheduledAt)
	w.count("validityPeriodSeconds", m.ValidityPeriodSeconds)
	w.optional("registeredDelivery", m.RegisteredDelivery)
	w.optional("fromTon", m.FromTon)
	w.optional("fromNpi", m.FromNpi)
	w.optional("toTon", m.ToTon)
	w.optional("toNpi", m.ToNpi)
	w.text("serviceType", m.ServiceType)
	w.count("protocolId", m.ProtocolId)
	w.count("priority", m.Priority)
	w.truth("flash", m.Flash)
	w.pairs("tlvs", m.Tlvs)
	w.count("validityPeriod", m.ValidityPeriod)
	w.truth("replaceIfPresent", m.ReplaceIfPresent)
}

func writeReceipt(w *writer, m *DlrInboundEvent) {
	w.alwaysText("messageId", m.MessageId)
	w.alwaysEnum("status", dlrStatuses, int32(m.Status)) // UNKNOWN is a status too (US-SC-011)
	w.alwaysTruth("final", m.Final)
	w.text("operatorId", m.OperatorId)
	w.text("primaryOperatorId", m.PrimaryOperatorId)
	w.text("operatorMessageId", m.OperatorMessageId)
	w.text("bindId", m.BindId)
	w.text("to", m.To)
	w.text("from", m.From)
	w.text("errorCode", m.ErrorCode)
	w.text("networkErrorCode", m.NetworkErrorCode)
	w.instant("submittedAt", m.SubmittedAt)
	w.instant("receivedAt", m.ReceivedAt)
	w.text("submitDate", m.SubmitDate)
	w.text("doneDate", m.DoneDate)
	w.text("rawText", m.RawText)
	w.count("partIndex", m.PartIndex)
	w.count("partsTotal", m.PartsTotal)
	w.count("partsFinal", m.PartsFinal)
	w.truth("incomplete", m.Incomplete)
	w.truth("ambiguous", m.Ambiguous)
	w.epoch(m.Epoch)
	w.text("diagnosis", m.Diagnosis)
	w.text("errorMeaning", m.ErrorMeaning)
	w.instant("doneAt", m.DoneAt)
	w.pairs("tlvs", m.Tlvs)
}

func writeInbound(w *writer, m *MoInboundEvent) {
	w.alwaysText("id", m.Id)
	w.text("operatorId", m.OperatorId)
	w.text("mno", m.Mno)
	w.text("bindId", m.BindId)
	w.alwaysText("from", m.From)
	w.alwaysText("to", m.To)
	w.alwaysText("text", m.Text)
	w.text("encoding", m.Encoding)
	w.text("binary", m.Binary)
	w.count("dataCoding", m.DataCoding)
	w.count("partsTotal", m.PartsTotal)
	w.count("partsReceived", m.PartsReceived)
	w.counts("missingParts", m.MissingParts)
	w.alwaysTruth("incomplete", m.Incomplete) // US-SC-025
	w.optional("sourcePort", m.SourcePort)
	w.optional("destinationPort", m.DestinationPort)
	w.instant("receivedAt", m.ReceivedAt)
	w.epoch(m.Epoch)
	w.pairs("tlvs", m.Tlvs)
}

func writeSubmitted(w *writer, m *DispatchSubmitted) {
	w.alwaysText("messageId", m.MessageId)
	w.alwaysText("operatorId", m.OperatorId)
	w.text("primaryOperatorId", m.PrimaryOperatorId)
	w.text("bindId", m.BindId)
	w.alwaysCount("segments", m.Segments) // what billing bills
	w.texts("operatorMessageIds", m.OperatorMessageIds)
	w.text("encoding", m.Encoding)
	w.text("segmentFingerprint", m.SegmentFingerprint)
	w.alwaysTruth("ambiguous", m.Ambiguous)
	w.instant("submittedAt", m.SubmittedAt)
	w.epoch(m.Epoch)
}

func writeRejected(w *writer, m *DispatchRejected) {
	w.text("messageId", m.MessageId) // absent: it could not be read
	w.text("operatorId", m.OperatorId)
	w.alwaysText("reason", m.Reason)
	w.text("field", m.Field)
	w.text("detail", m.Detail)
	w.text("esmeStatus", m.EsmeStatus)
	w.count("deliveryCount", m.DeliveryCount)
	w.text("subject", m.Subject)
	w.octets("payload", m.Payload)
	w.truth("payloadTruncated", m.PayloadTruncated)
	w.instant("at", m.At)
	w.truth("ambiguous", m.Ambiguous)
	w.count("partsTotal", m.PartsTotal)
	w.counts("acceptedParts", m.AcceptedParts)
	w.texts("operatorMessageIds", m.OperatorMessageIds)
}

func writeHealth(w *writer, m *OperatorHealthEvent) {
	w.alwaysText("operatorId", m.OperatorId)
	w.text("mno", m.Mno)
	w.text("direction", m.Direction)
	w.text("bindId", m.BindId)
	w.alwaysEnum("state", healthStates, int32(m.State))
	w.text("reason", m.Reason)
	w.epoch(m.Epoch)
	w.instant("at", m.At)
	w.text("host", m.Host)
}

func writeDegraded(w *writer, m *BindDegradedEvent) {
	w.alwaysText("operatorId", m.OperatorId)
	w.text("mno", m.Mno)
	w.text("direction", m.Direction)
	w.text("bindId", m.BindId)
	w.alwaysEnum("reason", degradedReasons, int32(m.Reason))
	w.text("detail", m.Detail)
	w.epoch(m.Epoch)
	w.instant("at", m.At)
}
