#!/usr/bin/perl
# A client of Wattline in Perl, written from docs/contract.md and the program's page /docs alone. Perl's own modules do.
#     perl chat.pl http://localhost:3001 state.json                      shows what came since, and what comes
#     perl chat.pl http://localhost:3001 state.json "Why 24 kWh?"        says it, waits for its tick, and ends
#     perl chat.pl http://localhost:3001 state.json --file meter.jpg     uploads the file and says it
# state.json keeps the guest, how far the log was read, and what has no tick yet. A kill at any moment loses nothing.
use strict;
use warnings;
use HTTP::Tiny;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8->canonical;
my ($base, $state_file, @words) = @ARGV;
die "usage: chat.pl URL STATE [WORDS | --file FILE]\n" unless defined $state_file;
my $state = -e $state_file ? $json->decode(slurp($state_file)) : { last => 0, outbox => [] };
my ($socket, $buffer, $session, $packet_id, $sent_s, $heard_s, $conn) = (undef, '', undef, 0, 0, 0, random_id());
my ($to_send_s, $pause_s) = (0, 5);
my $http = HTTP::Tiny->new(timeout => 30);
$| = 1;
$SIG{PIPE} = 'IGNORE';    # a closed connection fails the write, and is made again
binmode STDOUT, ':encoding(UTF-8)';

# State

sub slurp { my ($path) = @_; open my $file, '<:raw', $path or die "$path: $!\n"; local $/; return <$file> }

sub keep {    # atomically: a kill leaves the old file or the new one
    open my $file, '>:raw', "$state_file.new" or die "$state_file: $!\n";
    print $file $json->encode($state);
    close $file or die "$state_file: $!\n";
    rename "$state_file.new", $state_file or die "$state_file: $!\n";
}

sub random_id { return join '', map { sprintf '%02x', int rand 256 } 1 .. 16 }

# REST

sub rest {
    my ($method, $path, $type, $body) = @_;
    my %headers = ('Content-Type' => $type // 'application/json');
    $headers{Authorization} = "Bearer $session->{api_token}" if $session;
    my $answer = $http->request($method, "$base$path", { headers => \%headers, defined $body ? (content => $body) : () });
    return $json->decode($answer->{content}) if $answer->{success};
    my $problem = eval { $json->decode($answer->{content}) } // {};
    die sprintf "%s %s: %s %s\n", $method, $path, $answer->{status}, $problem->{detail} // $answer->{content};
}

sub sign_in {
    $session = undef;
    my $guest = $state->{guest};
    $session = rest('POST', '/api/session', undef, $json->encode($guest ? { guest => $guest } : {}));
    $state->{guest} = $session->{guest} if $session->{guest};
    keep();
}

sub upload {
    my ($path) = @_;
    (my $name = $path) =~ s{.*/}{};
    $name =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;
    my $id = random_id();
    return rest('POST', "/api/clients/$session->{id}/files?id=$id&name=$name", 'application/octet-stream', slurp($path));
}

# MQTT 3.1.1

sub packet {
    my ($head, $body) = @_;
    my ($length, $left) = ('', length $body);
    do { my $byte = $left % 128; $left = int($left / 128); $length .= chr($left ? $byte | 128 : $byte) } while $left;
    $sent_s = time;
    print {$socket} chr($head) . $length . $body or die "lost\n";
}

sub next_id { return $packet_id = $packet_id % 65535 + 1 }

sub publish { my ($topic, $payload) = @_; packet(0x32, pack('n/a* n', $topic, next_id()) . $json->encode($payload)) }

sub connect_mqtt {
    my ($host, $port) = $session->{url} =~ m{^mqtt://([^:/]+):(\d+)} or die "this client speaks no TLS: $session->{url}\n";
    $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10) or die "lost\n";
    binmode $socket;
    $socket->autoflush(1);
    ($buffer, $heard_s) = ('', time);
    my $presence = "support/$session->{id}/presence";
    my $will = $json->encode({ online => JSON::PP::false, conn => $conn });
    # Clean session, will of QoS 1, user name and password; keep-alive 30 s
    packet(0x10, pack('n/a* C C n', 'MQTT', 4, 0xCE, 30)
        . pack('n/a*' x 5, $session->{client_id}, $presence, $will, $session->{username}, $session->{password}));
    await(0x20, sub { ord(substr $_[0], 1, 1) == 0 or die "the broker refuses the sign-in\n" });
    my @filters = map { "support/$session->{id}/$_" } qw(log refused);
    packet(0x82, pack('n', next_id()) . join '', map { pack('n/a* C', $_, 1) } @filters, 'notice/desk');
    await(0x90, sub { die "a subscription is refused\n" if grep { ord == 0x80 } split //, substr $_[0], 2 });
    publish($presence, { online => JSON::PP::true, conn => $conn });
}

sub next_packet {    # of (head, body); nothing within the time: ()
    my ($within_s) = @_;
    my $until_s = time + $within_s;
    while (1) {
        if ($buffer =~ /^(.)([\x80-\xff]{0,3}[\x00-\x7f])/s) {
            my ($length, $factor) = (0, 1);
            for (split //, $2) { $length += (ord($_) & 127) * $factor; $factor *= 128 }
            my $begin = 1 + length $2;
            if (length $buffer >= $begin + $length) {
                my @found = (ord $1, substr $buffer, $begin, $length);
                substr $buffer, 0, $begin + $length, '';
                return @found;
            }
        }
        my $left_s = $until_s - time;
        return if $left_s <= 0 || !IO::Select->new($socket)->can_read($left_s);
        sysread($socket, $buffer, 65536, length $buffer) or die "lost\n";
        $heard_s = time;
    }
}

sub await {
    my ($wanted, $check) = @_;
    my $until_s = time + 10;
    while (time < $until_s) {
        my ($head, $body) = next_packet(1) or next;
        return $check->($body) if ($head & 0xf0) == $wanted;
        take($head, $body);
    }
    die "lost\n";
}

sub take {
    my ($head, $body) = @_;
    return unless ($head & 0xf0) == 0x30;
    my ($topic, $rest) = unpack 'n/a* a*', $body;
    if ($head & 0x06) { (my $id, $rest) = unpack 'n a*', $rest; packet(0x40, pack 'n', $id) }
    my $payload = eval { $json->decode($rest) } // return;    # what cannot be read is ignored
    return if $head & 1 && $topic !~ m{^notice/};    # only notices are retained: another such message is none
    if ($topic =~ m{/log$})     { merge($payload) }
    if ($topic =~ m{/refused$}) { refused($payload) }
    if ($topic eq 'notice/desk' && ($state->{roll} // '') ne $payload->{roll}) {    # a roll call: say presence again
        $state->{roll} = $payload->{roll};
        publish("support/$session->{id}/presence", { online => JSON::PP::true, conn => $conn });
    }
}

# The log: each seq once, in order; a gap is fetched

sub merge {
    my ($entry) = @_;
    if ($entry->{kind} eq 'erased' && $entry->{id} ne ($state->{erased} // '')) {
        @$state{qw(last outbox epoch)} = (0, [], undef);
        return catch_up();
    }
    return if $entry->{seq} <= $state->{last};
    return catch_up() if $entry->{seq} > $state->{last} + 1;
    show($entry);
}

sub show {
    my ($entry) = @_;
    $state->{last} = $entry->{seq};
    $state->{erased} = $entry->{id} if $entry->{kind} eq 'erased';
    my $mine = $entry->{from} eq $session->{id};
    my @waiting = grep { !($mine && $_->{id} eq $entry->{id}) } @{ $state->{outbox} };
    ($to_send_s, $pause_s) = (0, 5) if @waiting < @{ $state->{outbox} };
    $state->{outbox} = \@waiting;
    keep();
    my $said = $entry->{text} // ($entry->{file} ? "[$entry->{file}{name}]" : "($entry->{kind})");
    printf "%d %s %s%s\n", $entry->{seq}, $entry->{from}, $said, $mine ? " \x{2713}" : '';
}

sub catch_up {
    while (1) {
        my $page = rest('GET', "/api/clients/$session->{id}/log?after=$state->{last}");
        if (defined $state->{epoch} && $state->{epoch} ne '' && $page->{epoch} ne $state->{epoch}) {
            @$state{qw(last epoch)} = (0, undef);    # another log: from its begin
            next;
        }
        $state->{epoch} = $page->{epoch};
        $state->{last} = $page->{first} - 1 if $state->{last} < $page->{first} - 1;    # deleted by age: no gap
        for my $entry (@{ $page->{entries} }) {
            $state->{outbox} = [] if $entry->{kind} eq 'erased' && $entry->{id} ne ($state->{erased} // '');
            show($entry) if $entry->{seq} > $state->{last};
        }
        last if $state->{last} >= $page->{last};
    }
    keep();
}

# The outbox: one message in flight, the same id until its tick

sub send_next {
    my $first = $state->{outbox}[0] or return;
    return if time < $to_send_s;
    publish("support/$session->{id}/msg", $first);
    ($to_send_s, $pause_s) = (time + $pause_s, $pause_s < 60 ? $pause_s * 2 : 60);
}

sub refused {
    my ($refusal) = @_;
    my $first = $state->{outbox}[0];
    return unless $first && defined $refusal->{id} && $refusal->{id} eq $first->{id};
    if (defined $refusal->{retry_ms}) { $to_send_s = time + $refusal->{retry_ms} / 1000; return }
    shift @{ $state->{outbox} };
    keep();
    print "not sent: $refusal->{text}\n";
}

sub say_this {
    my ($kind, $content) = @_;
    my $said = { id => random_id(), kind => $kind, sent => int(time * 1000), $kind => $content };
    push @{ $state->{outbox} }, $said;
    keep();
}

# Connect, catch up, send; again after each break

my $is_queued = 0;
my $pause_after_break_s = 0.5;
while (1) {
    my $done = eval {
        sign_in();
        connect_mqtt();
        catch_up();
        if (@words && !$is_queued++) {
            if ($words[0] eq '--file') { say_this('file', upload($words[1])) }
            else                       { say_this('text', do { my $text = "@words"; utf8::decode($text); $text }) }
        }
        ($to_send_s, $pause_s, $pause_after_break_s) = (0, 5, 0.5);
        while (!@words || @{ $state->{outbox} }) {
            send_next();
            if (my ($head, $body) = next_packet(0.2)) { take($head, $body) }
            packet(0xC0, '') if time - $sent_s > 10 || time - $heard_s > 10;    # PINGREQ
            die "lost\n" if time - $heard_s > 20;
        }
        publish("support/$session->{id}/presence", { online => JSON::PP::false, conn => $conn });
        packet(0xE0, '');    # DISCONNECT: the broker sends no will then
        1;
    };
    last if $done;
    die $@ if $@ !~ /^lost$|: (?:429|5\d\d) /;
    sleep $pause_after_break_s;
    $pause_after_break_s = $pause_after_break_s < 15 ? $pause_after_break_s * 2 : 30;
}
