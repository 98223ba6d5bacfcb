#include "litefs/proxy/message_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>
#include <limits>

namespace litefs::proxy {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t usual_fields = 24;

std::string_view as_std(string_view s) { return {s.data(), s.size()}; }

// Takes what Beast finds as views into the caller's bytes and never stores a message.
template <bool is_request, class Head>
class sink final : public http::basic_parser<is_request> {
 public:
  explicit sink(std::string_view raw) {
    head_.raw = raw;
    head_.fields.reserve(usual_fields);
    this->header_limit((std::numeric_limits<std::uint32_t>::max)());
    this->body_limit(boost::none);
  }

  bool parse(error_code& ec) {
    this->put(boost::asio::const_buffer(head_.raw.data(), head_.raw.size()), ec);
    return !ec && this->is_header_done();
  }
  Head take() { return std::move(head_); }

 private:
  [[nodiscard]] bool inside(string_view v) const {
    std::less_equal<char const*> const before;
    return v.empty() || (before(head_.raw.data(), v.data()) &&
                         before(v.data() + v.size(), head_.raw.data() + head_.raw.size()));
  }

  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    if constexpr (is_request) {
      head_.method = as_std(method);
      head_.target = as_std(target);
      head_.version = version;
    }
  }
  void on_response_impl(int status, string_view, int version, error_code&) override {
    if constexpr (!is_request) {
      head_.status = status;
      head_.version = version;
    }
  }
  // Beast unfolds obs-fold into a buffer of its own: such a value would not outlive this call.
  void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
    if (!inside(value)) {
      ec = http::error::bad_value;
      return;
    }
    head_.fields.push_back({as_std(name), as_std(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  Head head_;
};

rejection explain(error_code ec) {
  if (ec == http::error::bad_version) return {505, "bad-version"};
  if (ec == http::error::bad_method) return {400, "bad-method"};
  if (ec == http::error::bad_target) return {400, "bad-target"};
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length)
    return {400, "bad-content-length"};
  if (ec == http::error::bad_transfer_encoding) return {400, "bad-transfer-encoding"};
  if (ec == http::error::bad_field || ec == http::error::bad_value) return {400, "bad-field"};
  return {400, "bad-head"};
}

}  // namespace

head_scanner::verdict head_scanner::scan(std::string_view bytes) noexcept {
  for (;;) {
    if (line_start_ == bytes.size()) return verdict::more;
    auto const* from = bytes.data() + line_start_;
    auto const* lf = static_cast<char const*>(std::memchr(from, '\n', bytes.size() - line_start_));
    if (lf == nullptr) return verdict::more;
    auto const line = static_cast<std::size_t>(lf - from);  // without the LF
    if (line == 0 || lf[-1] != '\r') return verdict::bare_lf;
    line_start_ += line + 1;
    if (line == 1) return verdict::complete;
  }
}

std::variant<request_head, rejection> parse_request_head(std::string_view raw) {
  sink<true, request_head> parser(raw);
  error_code ec;
  if (!parser.parse(ec)) return explain(ec);
  return parser.take();
}

std::variant<response_head, rejection> parse_response_head(std::string_view raw) {
  sink<false, response_head> parser(raw);
  error_code ec;
  if (!parser.parse(ec)) return rejection{502, explain(ec).reason};
  return parser.take();
}

}  // namespace litefs::proxy
