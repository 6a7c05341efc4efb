#include "sonde/report/wall_text.hpp"

#include <doctest/doctest.h>

namespace sonde::report {
namespace {

constexpr WallTime kMoment{1'795'289'186'808'472us};

TEST_CASE("wall text: UTC with microseconds, cut and not rounded") {
  CHECK(utc_text(kMoment) == "2026-11-21T19:26:26.808472Z");
  CHECK(utc_text(kMoment + 999ns) == "2026-11-21T19:26:26.808472Z");
  CHECK(utc_text(WallTime{}) == "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("wall text: a local time carries its offset, east and west") {
  CHECK(local_text(kMoment, 1h) == "2026-11-21T20:26:26.808472+01:00");
  CHECK(local_text(kMoment, -(3h + 30min)) == "2026-11-21T15:56:26.808472-03:30");
  CHECK(local_text(kMoment, 0s) == "2026-11-21T19:26:26.808472+00:00");
}

TEST_CASE("wall text: seconds since 1970 as ping -D") {
  CHECK(epoch_text(kMoment) == "1795289186.808472");
}

TEST_CASE("wall text: the kept second is renewed when it changes, forwards and backwards") {
  UtcText text;
  for (const Duration step : {0us, 1us, 999'999us, 1'000'000us, 60'000'000us, -5'000'000us}) {
    const WallTime when{1'795'289'186s + step};
    std::string out;
    text.append(out, when);
    CHECK(out == utc_text(when));
  }
}

TEST_CASE("wall text: this computer's offset is less than a day") {
  const auto offset = system_utc_offset(kMoment);
  CHECK(offset > -24h);
  CHECK(offset < 24h);
  CHECK(offset % 60s == 0s);
}

}  // namespace
}  // namespace sonde::report
