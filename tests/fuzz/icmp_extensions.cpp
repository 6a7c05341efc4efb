// icmp_extensions.cpp: fuzzes decode_extensions. Limits hold, and what was read survives being
// written and read again.
#include "sonde/wire/icmp_extensions.hpp"

#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

// Reserved bits and an empty name leave no trace when written anew: the kinds are compared, and a
// second round must change nothing.
wire::IcmpExtensions rewritten(const wire::IcmpExtensions& extensions) {
  constexpr std::size_t kRoom = 1 << 17;
  test::Packet buffer(kRoom);
  Writer out{buffer};
  wire::encode_extensions(extensions, out);
  test::expect(!out.failed());
  const auto back = wire::decode_extensions(out.written());
  test::expect(back.has_value());
  return *back;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto extensions = wire::decode_extensions(test::input_of(data, size));
  if (!extensions) {
    return 0;
  }
  test::expect(extensions->objects.size() <= wire::kMaxExtensionObjects);
  for (const wire::ExtensionObject& object : extensions->objects) {
    test::expect(object.labels.size() <= wire::kMaxMplsLabels);
    test::expect(object.raw.size() < size);
  }
  const wire::IcmpExtensions once = rewritten(*extensions);
  test::expect(once.objects.size() == extensions->objects.size());
  for (std::size_t i = 0; i < once.objects.size(); ++i) {
    test::expect(once.objects[i].labels == extensions->objects[i].labels);
    test::expect(once.objects[i].interface_info == extensions->objects[i].interface_info);
    test::expect(once.objects[i].raw == extensions->objects[i].raw);
  }
  test::expect(rewritten(once) == once);
  return 0;
}
