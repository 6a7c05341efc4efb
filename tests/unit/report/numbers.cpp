#include "sonde/report/numbers.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace sonde::report {
namespace {

std::string exact(Duration d) {
  std::string out;
  append_exact_ms(out, d);
  return out;
}
std::string reply(Duration d) {
  std::string out;
  append_reply_ms(out, d);
  return out;
}

TEST_CASE("numbers: exact milliseconds have one to six decimals and no binary noise") {
  CHECK(exact(30us) == "0.03");
  CHECK(exact(0ns) == "0.0");
  CHECK(exact(-1500us) == "-1.5");
  CHECK(exact(Duration::min()) == "-9223372036854.775808");
  CHECK(exact(1ns) == "0.000001");
  CHECK(exact(123'456'789ns) == "123.456789");
  CHECK(exact(3s) == "3000.0");
  CHECK(exact(-1500us) == "-1.5");
  CHECK(exact(Duration::max()) == "9223372036854.775807");
}

TEST_CASE("numbers: a reply's time has ping's precision") {
  CHECK(reply(30us) == "0.030");
  CHECK(reply(0ns) == "0.000");
  CHECK(reply(1230us) == "1.23");
  CHECK(reply(10'123us) == "10.1");
  CHECK(reply(101'400us) == "101");
  CHECK(reply(1503ms) == "1503");
}

TEST_CASE("numbers: rounding up moves a reply's time to the next precision, never past it") {
  CHECK(reply(999'499ns) == "0.999");
  CHECK(reply(999'500ns) == "1.00");
  CHECK(reply(9'994'999ns) == "9.99");
  CHECK(reply(9'995us) == "10.0");
  CHECK(reply(99'949us) == "99.9");
  CHECK(reply(99'950us) == "100");
}

TEST_CASE("numbers: a summary has three decimals, always") {
  CHECK(summary_ms(33us) == "0.033");
  CHECK(summary_ms(1503ms) == "1503.000");
  CHECK(summary_ms(1'999'500ns) == "2.000");
}

TEST_CASE("numbers: per cent as ping prints it") {
  CHECK(percent(0) == "0");
  CHECK(percent(1) == "100");
  CHECK(percent(1.0 / 3) == "33.3333");
  CHECK(percent(2'999'999.0 / 3'000'000) == "99.9999");
  CHECK(percent(0.5) == "50");
  CHECK(percent(1.0 / 200'000) == "0.0005");
}

}  // namespace
}  // namespace sonde::report
