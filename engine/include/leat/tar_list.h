#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// The table of the tars of a prediction, below its folder, and its header. `ids` is the fingerprint of the samples' ids (IdsHash).
inline constexpr const char* tars_table = "tars.csv";
inline constexpr const char* tars_header = "tar,samples,ids";

/// The tars of a set of images, in their order: files, or commands of /bin/sh that write one tar each to their standard output.
struct TarList {
  /// Names of the tars, each once: what the ids of their samples begin with. Names of files are their paths below the folder that all of
  /// them are in, without the ending. Those of commands are the file names in them, or `pipe-000000` and so on if these are not all
  /// different.
  std::vector<std::string> names;
  std::vector<std::filesystem::path> files;  ///< Empty if the tars come from commands.
  std::vector<std::string> commands;         ///< Empty if the tars are files.

  /// Returns true if a text names tars on disk: a file with the ending of one, such as `a.tar` or `a.tar.gz`, also with braces
  /// (`images-{000..127}.tar`), a folder that has tars and neither pictures nor folders, or a .txt whose first line names a tar.
  [[nodiscard]] static bool names_tars(const std::string& text);
  /// Reads such a text, without braces if there is a file of this name. Opens no tar. Throws Refusal, also if a tar is named twice,
  /// by its name or by links.
  [[nodiscard]] static TarList read(const std::string& text);

  /// Throws Refusal at `path` if files are missing, with their number and the first.
  void check_there() const;

  /// Returns true if a text begins with `pipe:`.
  [[nodiscard]] static bool is_pipe(std::string_view text);
  /// Returns the tars of the commands after `pipe:`, with their braces expanded. Runs none. Throws Refusal.
  [[nodiscard]] static TarList of_commands(std::string_view text);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(names.size()); }
  [[nodiscard]] std::uint64_t names_hash() const;  ///< As IdsHash.
  /// Returns the number and a fingerprint of the commands, "128 5a1f…"; a graph that reads them has this in place of them.
  [[nodiscard]] std::string commands_mark() const;
};

/// A source that reads tars. A graph cannot name commands, so `leat predict` gives them to the source in its program. The source derives
/// from this class next to Source.
class ReadsTars {
 public:
  virtual ~ReadsTars() = default;
  /// Sets the commands whose `commands_mark` the graph has. Throws Refusal for others. [setup]
  virtual void set_commands(const TarList& tars) = 0;
};

}  // namespace leat
