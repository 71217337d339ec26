#!/usr/bin/perl
# An SMSC made of Net::SMPP, which knows nothing of our codec. It takes one session
# after the other, answers everything, and sends a receipt for each submit_sm that asks
# for one. Each PDU that it hears is a line on its standard output.
#
#   smsc.pl PORT PASSWORD
#
# PORT 0 is one that is free; which it is stands in the first line: listening PORT.
use strict;
use warnings;
use Net::SMPP;

my ($port, $password) = @ARGV;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $port, timeout => 86400) or die "listen: $!";
$| = 1;
print "listening ", $listener->sockport, "\n";

my $ids = 0;
while (my $line = $listener->accept) {
    $line->autoflush(1);
    session($line);
    close $line;
    print "closed\n";
}

sub session {
    my ($line) = @_;
    while (my $pdu = $line->read_pdu) {
        my $cmd = $pdu->{cmd};
        if ($cmd == Net::SMPP::CMD_bind_transceiver) {
            my $status = $pdu->{password} eq $password ? 0 : 0x0E;
            print "bind_transceiver system_id=$pdu->{system_id} interface_version=$pdu->{interface_version} status=$status\n";
            $line->bind_transceiver_resp(seq => $pdu->{seq}, status => $status, system_id => 'perl');
        } elsif ($cmd == Net::SMPP::CMD_submit_sm) {
            take($line, $pdu);
        } elsif ($cmd == Net::SMPP::CMD_enquire_link) {
            print "enquire_link\n";
            $line->enquire_link_resp(seq => $pdu->{seq});
        } elsif ($cmd == Net::SMPP::CMD_deliver_sm_resp) {
            print "deliver_sm_resp status=$pdu->{status}\n";
        } elsif ($cmd == Net::SMPP::CMD_unbind) {
            print "unbind\n";
            $line->unbind_resp(seq => $pdu->{seq});
            return;
        } else {
            printf "other 0x%08x\n", $cmd;
            $line->generic_nack(seq => $pdu->{seq}, status => 3);
        }
    }
}

sub take {
    my ($line, $pdu) = @_;
    my $id = sprintf 'perl-%04d', ++$ids;
    print "submit_sm id=$id destination_addr=$pdu->{destination_addr} esm_class=$pdu->{esm_class} data_coding=$pdu->{data_coding} short_message=",
        unpack('H*', $pdu->{short_message}), "\n";
    $line->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
    return unless $pdu->{registered_delivery} & 1;
    my @t = gmtime;
    my $now = sprintf '%02d%02d%02d%02d%02d', $t[5] % 100, $t[4] + 1, $t[3], $t[2], $t[1];
    $line->deliver_sm(
        async => 1, esm_class => 0x04,
        source_addr_ton => $pdu->{dest_addr_ton}, source_addr_npi => $pdu->{dest_addr_npi}, source_addr => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        short_message => "id:$id sub:001 dlvrd:001 submit date:$now done date:$now stat:DELIVRD err:000 text:");
}
