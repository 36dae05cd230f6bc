// A page of metrics in Prometheus' text exposition format (version 0.0.4), which node_exporter's textfile collector
// reads too: a metric's help and type, then its samples, a line each. A metric's lines must stand together, and that is
// the caller's to see to.
//
// Names follow https://prometheus.io/docs/practices/naming: base units, and `_total` behind what only grows.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nonna
{

class Exposition
{
  public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    void head(std::string_view name, std::string_view type, std::string_view help);
    void sample(std::string_view name, const Labels& labels, double value);
    // A metric of one sample.
    void counter(std::string_view name, std::string_view help, double value, const Labels& labels = {});
    void gauge(std::string_view name, std::string_view help, double value, const Labels& labels = {});
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

double unix_seconds();    // now, as a timestamp of a metric

}    // namespace nonna
