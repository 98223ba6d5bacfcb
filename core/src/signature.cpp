#include "litefs/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace litefs {
namespace {

using key = std::array<std::uint8_t, 32>;

// OpenSSL takes its inputs as pointers to non-const, though it only reads them.
OSSL_PARAM octets(char const* name, std::string_view bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

key derive(std::string_view secret, std::string_view label) {
  std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> const kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                              EVP_KDF_free);
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> const context(EVP_KDF_CTX_new(kdf.get()),
                                                                          EVP_KDF_CTX_free);
  std::string digest = "SHA256";
  std::array<OSSL_PARAM, 4> const params{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_INFO, label), OSSL_PARAM_construct_end()};
  key derived{};
  if (!context || EVP_KDF_derive(context.get(), derived.data(), derived.size(), params.data()) != 1) {
    throw std::runtime_error("OpenSSL cannot derive a key with HKDF-SHA256");
  }
  return derived;
}

std::string to_hex(std::span<std::uint8_t const> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (auto const byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

// Each part behind its length, so that ("ab", "c") and ("a", "bc") differ.
std::string join(std::span<std::string_view const> parts) {
  std::string bytes;
  for (auto const part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(part.size() >> shift & 0xff);
    bytes += part;
  }
  return bytes;
}

std::string hmac(key const& k, std::string_view bytes) {
  key mac{};
  auto const* const data = reinterpret_cast<unsigned char const*>(bytes.data());
  if (!HMAC(EVP_sha256(), k.data(), static_cast<int>(k.size()), data, bytes.size(), mac.data(), nullptr)) {
    throw std::runtime_error("OpenSSL cannot compute HMAC-SHA256");
  }
  return to_hex(mac);
}

}  // namespace

keyring::keyring(std::span<std::string const> secrets, std::string_view label) {
  for (auto const& secret : secrets) keys_.push_back(derive(secret, label));
}

std::string keyring::sign(std::span<std::string_view const> parts) const {
  if (keys_.empty()) throw std::logic_error("a keyring without secrets cannot sign");
  return hmac(keys_.front(), join(parts));
}

bool keyring::verify(std::span<std::string_view const> parts, std::string_view mac) const noexcept {
  auto const bytes = join(parts);
  bool valid = false;
  for (auto const& k : keys_) {
    auto const expected = hmac(k, bytes);
    valid |= mac.size() == expected.size() && CRYPTO_memcmp(mac.data(), expected.data(), mac.size()) == 0;
  }
  return valid;
}

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return to_hex(random);
}

}  // namespace litefs
