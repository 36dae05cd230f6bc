// One page over HTTP, that of a program's metrics, made anew for every GET. A few connections at a time, of a few
// seconds each; the oldest goes for the next, so that nobody keeps others from the page.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace nonna
{

class WebPage
{
  public:
    WebPage(const std::string& url, std::function<std::string()> text);    // http://127.0.0.1:0/metrics
    ~WebPage();
    const std::string& address() const { return address_; }

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::string address_;
};

// Error (usage) where `url` is no page's address, or beyond this machine without `insecure`: a page is not encrypted
// and asks for no token. An empty one is none, and passes.
void require_page_address(const std::string& url, bool insecure);

}    // namespace nonna
