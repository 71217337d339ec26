package proto

import "google.golang.org/protobuf/proto"

// Message is any of the contracts of this package, so that callers need not
// import the protobuf runtime under the same name as this package.
type Message = proto.Message
