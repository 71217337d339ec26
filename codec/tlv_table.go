package codec

// The optional parameters of SMPP 3.4 §5.3.2, those that 5.0 added, and four
// vendor ones met in the field.
const (
	TagDestAddrSubunit             Tag = 0x0005
	TagDestNetworkType             Tag = 0x0006
	TagDestBearerType              Tag = 0x0007
	TagDestTelematicsID            Tag = 0x0008
	TagSourceAddrSubunit           Tag = 0x000D
	TagSourceNetworkType           Tag = 0x000E
	TagSourceBearerType            Tag = 0x000F
	TagSourceTelematicsID          Tag = 0x0010
	TagQoSTimeToLive               Tag = 0x0017
	TagPayloadType                 Tag = 0x0019
	TagAdditionalStatusInfoText    Tag = 0x001D
	TagReceiptedMessageID          Tag = 0x001E
	TagMSMsgWaitFacilities         Tag = 0x0030
	TagPrivacyIndicator            Tag = 0x0201
	TagSourceSubaddress            Tag = 0x0202
	TagDestSubaddress              Tag = 0x0203
	TagUserMessageReference        Tag = 0x0204
	TagUserResponseCode            Tag = 0x0205
	TagSourcePort                  Tag = 0x020A
	TagDestinationPort             Tag = 0x020B
	TagSARMsgRefNum                Tag = 0x020C
	TagLanguageIndicator           Tag = 0x020D
	TagSARTotalSegments            Tag = 0x020E
	TagSARSegmentSeqnum            Tag = 0x020F
	TagSCInterfaceVersion          Tag = 0x0210
	TagCallbackNumPresInd          Tag = 0x0302
	TagCallbackNumAtag             Tag = 0x0303
	TagNumberOfMessages            Tag = 0x0304
	TagCallbackNum                 Tag = 0x0381
	TagDPFResult                   Tag = 0x0420
	TagSetDPF                      Tag = 0x0421
	TagMSAvailabilityStatus        Tag = 0x0422
	TagNetworkErrorCode            Tag = 0x0423
	TagMessagePayload              Tag = 0x0424
	TagDeliveryFailureReason       Tag = 0x0425
	TagMoreMessagesToSend          Tag = 0x0426
	TagMessageState                Tag = 0x0427
	TagCongestionState             Tag = 0x0428
	TagUSSDServiceOp               Tag = 0x0501
	TagBroadcastChannelIndicator   Tag = 0x0600
	TagBroadcastContentType        Tag = 0x0601
	TagBroadcastContentTypeInfo    Tag = 0x0602
	TagBroadcastMessageClass       Tag = 0x0603
	TagBroadcastRepNum             Tag = 0x0604
	TagBroadcastFrequencyInterval  Tag = 0x0605
	TagBroadcastAreaIdentifier     Tag = 0x0606
	TagBroadcastErrorStatus        Tag = 0x0607
	TagBroadcastAreaSuccess        Tag = 0x0608
	TagBroadcastEndTime            Tag = 0x0609
	TagBroadcastServiceGroup       Tag = 0x060A
	TagBillingIdentification       Tag = 0x060B
	TagSourceNetworkID             Tag = 0x060D
	TagDestNetworkID               Tag = 0x060E
	TagSourceNodeID                Tag = 0x060F
	TagDestNodeID                  Tag = 0x0610
	TagDestAddrNPResolution        Tag = 0x0611
	TagDestAddrNPInformation       Tag = 0x0612
	TagDestAddrNPCountry           Tag = 0x0613
	TagDisplayTime                 Tag = 0x1201
	TagSMSSignal                   Tag = 0x1203
	TagMSValidity                  Tag = 0x1204
	TagAlertOnMessageDelivery      Tag = 0x130C
	TagITSReplyType                Tag = 0x1380
	TagITSSessionInfo              Tag = 0x1383
	TagVendorSpecificSourceMSCAddr Tag = 0x1501
	TagVendorSpecificDestMSCAddr   Tag = 0x1502
	TagOrigMSCAddr                 Tag = 0x8081
	TagDestMSCAddr                 Tag = 0x8082
)

// tags is the one table of TLVs: name, the version that brought it, how the value
// is read, and the least and most octets of it. The widths are what a peer should
// send, not what we insist on: see TLVs.Uint32.
var tags = []tagRow{
	{TagDestAddrSubunit, "dest_addr_subunit", "3.4", Integer, 1, 1},
	{TagDestNetworkType, "dest_network_type", "3.4", Integer, 1, 1},
	{TagDestBearerType, "dest_bearer_type", "3.4", Integer, 1, 1},
	{TagDestTelematicsID, "dest_telematics_id", "3.4", Integer, 2, 2},
	{TagSourceAddrSubunit, "source_addr_subunit", "3.4", Integer, 1, 1},
	{TagSourceNetworkType, "source_network_type", "3.4", Integer, 1, 1},
	{TagSourceBearerType, "source_bearer_type", "3.4", Integer, 1, 1},
	{TagSourceTelematicsID, "source_telematics_id", "3.4", Integer, 1, 1},
	{TagQoSTimeToLive, "qos_time_to_live", "3.4", Integer, 4, 4},
	{TagPayloadType, "payload_type", "3.4", Integer, 1, 1},
	{TagAdditionalStatusInfoText, "additional_status_info_text", "3.4", Text, 1, 256},
	{TagReceiptedMessageID, "receipted_message_id", "3.4", Text, 1, 65},
	{TagMSMsgWaitFacilities, "ms_msg_wait_facilities", "3.4", Bitmask, 1, 1},
	{TagPrivacyIndicator, "privacy_indicator", "3.4", Integer, 1, 1},
	{TagSourceSubaddress, "source_subaddress", "3.4", Octets, 2, 23},
	{TagDestSubaddress, "dest_subaddress", "3.4", Octets, 2, 23},
	{TagUserMessageReference, "user_message_reference", "3.4", Integer, 2, 2},
	{TagUserResponseCode, "user_response_code", "3.4", Integer, 1, 1},
	{TagSourcePort, "source_port", "3.4", Integer, 2, 2},
	{TagDestinationPort, "destination_port", "3.4", Integer, 2, 2},
	{TagSARMsgRefNum, "sar_msg_ref_num", "3.4", Integer, 2, 2},
	{TagLanguageIndicator, "language_indicator", "3.4", Integer, 1, 1},
	{TagSARTotalSegments, "sar_total_segments", "3.4", Integer, 1, 1},
	{TagSARSegmentSeqnum, "sar_segment_seqnum", "3.4", Integer, 1, 1},
	{TagSCInterfaceVersion, "sc_interface_version", "3.4", Integer, 1, 1},
	{TagCallbackNumPresInd, "callback_num_pres_ind", "3.4", Bitmask, 1, 1},
	{TagCallbackNumAtag, "callback_num_atag", "3.4", Octets, 0, 65},
	{TagNumberOfMessages, "number_of_messages", "3.4", Integer, 1, 1},
	{TagCallbackNum, "callback_num", "3.4", Octets, 4, 19},
	{TagDPFResult, "dpf_result", "3.4", Integer, 1, 1},
	{TagSetDPF, "set_dpf", "3.4", Integer, 1, 1},
	{TagMSAvailabilityStatus, "ms_availability_status", "3.4", Integer, 1, 1},
	{TagNetworkErrorCode, "network_error_code", "3.4", Octets, 3, 3},
	{TagMessagePayload, "message_payload", "3.4", Octets, 0, 65535},
	{TagDeliveryFailureReason, "delivery_failure_reason", "3.4", Integer, 1, 1},
	{TagMoreMessagesToSend, "more_messages_to_send", "3.4", Integer, 1, 1},
	{TagMessageState, "message_state", "3.4", Integer, 1, 1},
	{TagCongestionState, "congestion_state", "5.0", Integer, 1, 1},
	{TagUSSDServiceOp, "ussd_service_op", "3.4", Integer, 1, 1},
	{TagBroadcastChannelIndicator, "broadcast_channel_indicator", "5.0", Integer, 1, 1},
	{TagBroadcastContentType, "broadcast_content_type", "5.0", Octets, 3, 3},
	{TagBroadcastContentTypeInfo, "broadcast_content_type_info", "5.0", Octets, 1, 255},
	{TagBroadcastMessageClass, "broadcast_message_class", "5.0", Integer, 1, 1},
	{TagBroadcastRepNum, "broadcast_rep_num", "5.0", Integer, 2, 2},
	{TagBroadcastFrequencyInterval, "broadcast_frequency_interval", "5.0", Octets, 3, 3},
	{TagBroadcastAreaIdentifier, "broadcast_area_identifier", "5.0", Octets, 1, 100},
	{TagBroadcastErrorStatus, "broadcast_error_status", "5.0", Integer, 4, 4},
	{TagBroadcastAreaSuccess, "broadcast_area_success", "5.0", Integer, 1, 1},
	{TagBroadcastEndTime, "broadcast_end_time", "5.0", Text, 16, 16},
	{TagBroadcastServiceGroup, "broadcast_service_group", "5.0", Octets, 1, 255},
	{TagBillingIdentification, "billing_identification", "5.0", Octets, 1, 1024},
	{TagSourceNetworkID, "source_network_id", "5.0", Text, 7, 66},
	{TagDestNetworkID, "dest_network_id", "5.0", Text, 7, 66},
	{TagSourceNodeID, "source_node_id", "5.0", Octets, 6, 6},
	{TagDestNodeID, "dest_node_id", "5.0", Octets, 6, 6},
	{TagDestAddrNPResolution, "dest_addr_np_resolution", "5.0", Integer, 1, 1},
	{TagDestAddrNPInformation, "dest_addr_np_information", "5.0", Octets, 10, 10},
	{TagDestAddrNPCountry, "dest_addr_np_country", "5.0", Octets, 5, 5},
	{TagDisplayTime, "display_time", "3.4", Integer, 1, 1},
	{TagSMSSignal, "sms_signal", "3.4", Integer, 2, 2},
	{TagMSValidity, "ms_validity", "3.4", Integer, 1, 1},
	{TagAlertOnMessageDelivery, "alert_on_message_delivery", "3.4", Empty, 0, 0},
	{TagITSReplyType, "its_reply_type", "3.4", Integer, 1, 1},
	{TagITSSessionInfo, "its_session_info", "3.4", Octets, 2, 2},
	{TagVendorSpecificSourceMSCAddr, "vendor_specific_source_msc_addr", "vendor", Octets, 0, 65535},
	{TagVendorSpecificDestMSCAddr, "vendor_specific_dest_msc_addr", "vendor", Octets, 0, 65535},
	{TagOrigMSCAddr, "orig_msc_addr", "vendor", Octets, 0, 65535},
	{TagDestMSCAddr, "dest_msc_addr", "vendor", Octets, 0, 65535},
}
