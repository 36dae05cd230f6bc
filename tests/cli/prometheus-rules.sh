# share/prometheus: what promtool says of the rules and of the configuration, and which alerts fire when.
command -v promtool >/dev/null || { echo "skipped: no promtool (package prometheus)"; exit 77; }
cp "$SOURCE"/share/prometheus/* "$SOURCE/tests/cli/prometheus_rules.yml" .
check() { promtool "$@" >said 2>&1 || { echo "promtool $*:"; cat said; }; }
check check rules nonna.rules.yml
mkdir -p run
sed -i "s|/srv/nonna/run/servers|$PWD/run|" prometheus.yml
check check config prometheus.yml
check test rules prometheus_rules.yml
# Every alert is tested.
for alert in $(sed -n 's/.*- alert: //p' nonna.rules.yml); do
    grep -q "alertname: $alert\$" prometheus_rules.yml || echo "no test lets $alert fire"
done
exit 0
