# nonna-serve: who may connect. Certificates, tokens, and clients that nobody here wrote: nngcat, curl, openssl.
. "$SOURCE/tests/cli/include/servers.sh"
for tool in nngcat curl openssl; do
    command -v $tool >/dev/null || { echo "$tool is not here"; exit 77; }
done

# The recipe of the manual.
authority() { # NAME: an authority of our own
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() { # AUTHORITY NAME: certificate and key in NAME.pem, for the host localhost
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$2.key" -out "$2.csr" 2>/dev/null
    printf 'subjectAltName=DNS:localhost\n' >"$2.ext"
    openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 365 -extfile "$2.ext" -out "$2.crt" 2>/dev/null
    (umask 077 && cat "$2.crt" "$2.key" >"$2.pem")
}
authority ours
authority theirs
certificate ours server
certificate ours client
certificate theirs stranger
(umask 077 && openssl rand -hex 32 >token && openssl rand -hex 32 >another && echo short >short)
cp token open && chmod 644 open
cp client.pem loose.pem && chmod 644 loose.pem

for address in tcp://0.0.0.0:0 tcp://*:0 tls+tcp://0.0.0.0:0 http://127.0.0.1:0 tcp://127.0.0.1 tcp://127.0.0.1:99999 tcp://127.0.0.1.example.org:0; do
    timeout 5 nonna-serve a.safetensors --listen "$address"
    echo "$address: $?"
done
timeout 5 nonna-serve a.safetensors --listen tls+tcp://0.0.0.0:0 --tls-cert server.pem --tls-ca ours.pem
echo "no token: $?"
timeout 5 nonna-serve a.safetensors --metrics http://0.0.0.0:0/metrics
echo "metrics for everybody: $?"
timeout 5 nonna-serve a.safetensors --metrics http://127.example.org:1/metrics
echo "metrics for everybody: $?"
for token in open short missing; do
    timeout 5 nonna-serve a.safetensors --token $token
    echo "$token token: $?"
done
timeout 5 nonna-serve a.safetensors --listen tls+tcp://localhost:0 --tls-cert loose.pem --tls-ca ours.pem
echo "a key that others read: $?"
serve i --listen tcp://0.0.0.0:0 --insecure
echo "insecure, typed out: $?"
stop i

serve s --listen tls+tcp://localhost:0 --tls-cert server.pem --tls-ca ours.pem --token token
address=$(url s)
client() { # WHAT OPTION...
    what=$1
    shift
    timeout 20 nonna-train -q a.safetensors --data data.tar --batch 10 --steps 5 --patience 1 --deadline 0.7 --servers "$address" "$@" 2>err
    echo "$what: $?"
    tail -1 err | sed 's#[a-z+]*tcp://[][a-z0-9.:]*:[0-9][0-9]*#URL#g; s#ipc://[^ :]*#URL#g'
}
ours="--tls-cert client.pem --tls-ca ours.pem"
client "certificate and token" $ours --token token
client "no certificate" --token token
client "a certificate of another authority" --tls-cert stranger.pem --tls-ca ours.pem --token token
client "a server of another authority" --tls-cert stranger.pem --tls-ca theirs.pem --token token
client "another name" $ours --token token --tls-name example.org
client "no token" $ours
client "a wrong token" $ours --token another
client "a token that others read" $ours --token open
port=${address##*:}
openssl s_client -connect "localhost:$port" -CAfile ours.pem -brief </dev/null 2>&1 | grep -ciE 'alert|error' | sed 's/[1-9].*/openssl without a certificate: refused/'
address=tcp://localhost:$port
client "without TLS" --token token
stop s
echo "stopped: $?"

# A token without TLS, and what stands where a server with a token was thought to be.
for listen in tcp://127.0.0.1:0 "tcp://[::1]:0" "ipc://$PWD/socket"; do
    serve s --listen "$listen" --token token
    address=$(url s)
    client "${listen%%:*} and a token" --token token
    client "${listen%%:*} and no token"
    stop s
done
serve s
address=$(url s)
client "a server without a token" --token token
client "nor with one"
stop s

# Without a greeting there is an error message and nothing else.
serve s --metrics http://127.0.0.1:0/metrics
address=$(url s)
timeout 10 nngcat --req --dial "$address" -D hello --recv-timeout 5 --raw | tr -c ' -~' .
echo
served rude "$address"
page=$(sed -n 's/.*metrics at //p' s.err)
curl -s "$page" | grep -E '^(# TYPE nonna_version|nonna_(version|errors_total|pushes_accepted_total))'
curl -s -o /dev/null -w '%{http_code}\n' "${page%metrics}other"
curl -s -o /dev/null -w '%{http_code}\n' -X POST -d x "$page"
# what is too long, or no message of nng, ends its own connection and nobody else's
printf 'GET / HTTP/1.0\r\n\r\n' | timeout 5 "$python" -c "
import socket, sys
host, port = sys.argv[1][6:].rsplit(':', 1)
for data in (sys.stdin.buffer.read(), b'\0SP\0\0\x30\0\0' + (1 << 40).to_bytes(8, 'big') + b'x' * 100):
    s = socket.create_connection((host, int(port)), 5)
    s.sendall(data)
    s.settimeout(4)
    while s.recv(1000):
        pass
    print('closed')" "$address"
client "everybody else"
stop s
exit 0
