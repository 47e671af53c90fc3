import Foundation
import Glibc
package import Logging
package import Machine

/// Writes what a core was told to a bounded, rotating set of files, for `agora replay`.
///
/// A recording that can't be written is given up with one warning: it must never hold up or end the process. Each start of the
/// process begins a new file, since a core's state begins anew there; a file that has reached its limit ends with a mark.
package final class Recorder: @unchecked Sendable {
    // Sendable: only the loop's releasing thread calls `append` and `close`.

    package static let magic: [UInt8] = Array("AGORAREC2\n".utf8)
    static let input: UInt8 = 0, mark: UInt8 = 1

    private let limit: Int
    private let logger: Logger
    private var descriptor: Int32
    private var written = 0

    /// - Parameters:
    ///   - folder: where the files `<number>.rec` lie; made if need be.
    ///   - kind: which core, e.g. "master".
    ///   - limit: bytes of one file.
    ///   - keep: how many files stay; the oldest ones are removed.
    package init?(folder: String, kind: String, limit: Int = 64 << 20, keep: Int = 4, logger: Logger) {
        self.limit = limit
        self.logger = logger
        let manager = FileManager.default
        try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let numbers = ((try? manager.contentsOfDirectory(atPath: folder)) ?? [])
            .compactMap { $0.hasSuffix(".rec") ? Int($0.dropLast(4)) : nil }.sorted()
        for number in numbers.dropLast(max(0, keep - 1)) { try? manager.removeItem(atPath: "\(folder)/\(number).rec") }
        let path = "\(folder)/\((numbers.last ?? 0) + 1).rec"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            logger.warning("inputs are not recorded", metadata: ["file": "\(path)", "error": "\(String(cString: strerror(errno)))"])
            return nil
        }
        var header = RecordingWriter()
        header.put(kind)
        write(Self.magic + header.bytes)
    }

    /// - Parameter digest: of the core's state after these inputs; nil: it was not taken.
    func append<Input: Recordable>(_ inputs: [(moment: Moment, input: Input)], digest: UInt64?) {
        guard descriptor >= 0, !inputs.isEmpty || digest != nil else { return }
        var frames = RecordingWriter()
        for (moment, input) in inputs {
            var entry = RecordingWriter()
            entry.put(UInt64(Self.input))
            entry.put(moment)
            entry.put(input)
            frames.put(entry.bytes)
        }
        if let digest {
            var entry = RecordingWriter()
            entry.put(UInt64(Self.mark))
            entry.put(digest)
            frames.put(entry.bytes)
        }
        guard written + frames.bytes.count <= limit else {
            logger.notice("the recording of inputs has reached its limit and ends here", metadata: ["bytes": "\(written)"])
            return close()
        }
        write(frames.bytes)
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                logger.warning("the recording of inputs ends here", metadata: ["error": "\(String(cString: strerror(errno)))"])
                return close()
            }
            rest = rest.dropFirst(count)
        }
        written += bytes.count
    }
}

/// The inputs of one recording.
package struct Recording<Input: Recordable> {
    package let kind: String
    package let entries: [(moment: Moment, input: Input)]
    /// What the digest of the core's state was after so many entries.
    package let marks: [(count: Int, digest: UInt64)]

    /// Reads a recording; an unfinished last entry (the process was killed) is left out.
    package init(_ bytes: [UInt8]) throws(RecordingError) {
        kind = try Runtime.kind(ofRecording: bytes)
        var reader = RecordingReader(bytes[Recorder.magic.count...])
        _ = try reader.string()
        var entries: [(moment: Moment, input: Input)] = []
        var marks: [(count: Int, digest: UInt64)] = []
        while !reader.isAtEnd {
            let data: [UInt8]
            do { data = try reader.data() } catch { break }
            var entry = RecordingReader(data)
            switch try entry.byte() {
            case Recorder.input: entries.append((try entry.moment(), try Input(from: &entry)))
            case Recorder.mark: marks.append((entries.count, try entry.uint64()))
            default: throw .invalid("an entry of an unknown kind")
            }
        }
        self.entries = entries
        self.marks = marks
    }
}

/// Which core a recording is of.
/// - Throws: if the bytes are no recording.
package func kind(ofRecording bytes: [UInt8]) throws(RecordingError) -> String {
    guard bytes.starts(with: Recorder.magic) else { throw .invalid("not a recording, or of another version") }
    var reader = RecordingReader(bytes[Recorder.magic.count...])
    return try reader.string()
}
