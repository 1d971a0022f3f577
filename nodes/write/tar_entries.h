#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/sample.h"

namespace leat {

/// Returns the path of the tar with the results of a sample's tar, below the run's folder: `tars/images-000017.tar`. `source` is the name
/// of the sample's tar, which is its group.
[[nodiscard]] std::string tar_path(const std::string& folder, const std::string& source);

/// Returns the name of a result in such a tar. It begins with the key of the sample, so the two are one sample of WebDataset:
/// `KEY.masks.lungs.png`. `part` can be empty. Throws std::runtime_error if the sample is not one of `io.tars`.
[[nodiscard]] std::string entry_name(const Sample& sample, const std::string& folder, std::string_view part);

/// Appends an entry of a tar, its header and its bytes. The end of a tar, zeros, is not part of it.
void add_entry(std::vector<std::uint8_t>& tar, const std::string& name, std::span<const std::uint8_t> bytes);

/// The zeros that end a tar.
inline constexpr std::size_t tar_end_bytes = 1024;

}  // namespace leat
