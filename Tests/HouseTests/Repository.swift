import Foundation

/// The files of the checkout that these tests were compiled from.
struct Repository {
    let root: URL

    init() { root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent() }

    struct File {
        /// Relative to the root.
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var isGenerated: Bool { path.contains("/Generated/") || path.contains("/generated/") }
    }

    /// All files below the folders that have one of the extensions, ordered by path.
    func files(_ folders: [String], _ extensions: Set<String>) throws -> [File] {
        var files: [File] = []
        for folder in folders {
            let names = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?.compactMap { $0 as? String } ?? []
            for name in names.sorted() where extensions.contains((name as NSString).pathExtension) && !name.contains(".build") {
                let path = folder == "." ? name : folder + "/" + name
                files.append(File(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)))
            }
        }
        return files
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) }
}
