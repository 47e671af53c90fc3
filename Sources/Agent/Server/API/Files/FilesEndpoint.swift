import AgentCore
import Foundation
import Glibc
import JSON
import MesosAPI
import NIOHTTP1
import NIOPosix
import Transport

/// `/files/browse`, `/files/read`, `/files/download`, `/files/debug`.
/// Specified by Mesos 1.11 docs/endpoints/files/.
struct FilesEndpoint {
    let api: AgentAPI

    /// Bytes of one read (16 pages).
    static let readLimit = 65_536

    enum Refusal: Error {
        case notFound
        case invalid(String)
        case failed(String)

        var reply: Reply {
            switch self {
            case .notFound: Replies.notFound
            case .invalid(let text): Replies.badRequest(text)
            case .failed(let text): .text(.internalServerError, text)
            }
        }
    }

    func respond(to call: Call, _ action: String) async throws -> Reply {
        guard call.isRead else { return Replies.methodNotAllowed("GET", call) }
        guard let snapshot = await api.snapshot() else { return Replies.busy }
        if action == "debug" { return JSONP.reply(to: call, debug(snapshot)) }
        guard let path = call.query["path"], !path.isEmpty else { return Replies.badRequest("Expecting 'path=value' in query.\n") }
        do {
            switch action {
            case "browse": return JSONP.reply(to: call, try await browse(path, snapshot))
            case "read": return JSONP.reply(to: call, try await read(path, call.query, snapshot))
            default: return try await download(path, snapshot)
            }
        } catch let refusal as Refusal {
            return refusal.reply
        }
    }

    // MARK: Looking

    /// Runs `body` with the open file, on a thread that may wait for the disk.
    private func open<Value: Sendable>(
        _ path: String, _ snapshot: AgentSnapshot, _ body: @escaping @Sendable (SandboxFile, VirtualPaths.Place) throws -> Value
    ) async throws -> Value {
        let paths = VirtualPaths(workFolder: snapshot.rules.workFolder, agentID: snapshot.agentID ?? "")
        return try await NIOThreadPool.singleton.runIfActive {
            guard let place = paths.place(of: path) else { throw Refusal.notFound }
            do {
                let file = try SandboxFile(root: place.root, path: place.path)
                defer { file.end() }
                return try body(file, place)
            } catch let failure as SandboxFile.Failure {
                throw Self.refusal(failure, path)
            }
        }
    }

    private static func refusal(_ failure: SandboxFile.Failure, _ path: String) -> Refusal {
        switch failure {
        case .missing: .notFound
        case .escapes: .invalid("'\(path)' is inaccessible")
        case .failed(let error): .failed("Failed to open '\(path)': \(String(cString: strerror(error)))")
        }
    }

    /// The content of a folder; of a file: nothing.
    func list(_ path: String, _ snapshot: AgentSnapshot) async throws -> [Mesos_V1_FileInfo] {
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        return try await open(path, snapshot) { file, _ in
            guard file.isFolder else { return [] }
            return try file.entries().map { Mesos_V1_FileInfo(path: base + "/" + $0.name, $0.status) }
        }
    }

    private func browse(_ path: String, _ snapshot: AgentSnapshot) async throws -> [UInt8] {
        let infos = try await list(path, snapshot)
        var writer = JSONWriter()
        writer.beginArray()
        for info in infos {
            writer.beginObject()
            writer.member("path", info.path)
            writer.member("nlink", Int(info.nlink))
            writer.member("size", Int(clamping: info.size))
            writer.member("mtime", Double(info.mtime.nanoseconds / 1_000_000_000))
            writer.member("mode", Self.text(ofMode: info.mode))
            writer.member("uid", info.uid)
            writer.member("gid", info.gid)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    /// As `ls -l` writes it.
    static func text(ofMode mode: UInt32) -> String {
        let kinds: [(UInt32, Character)] = [(S_IFDIR, "d"), (S_IFLNK, "l"), (S_IFIFO, "p"), (S_IFSOCK, "s"), (S_IFCHR, "c"), (S_IFBLK, "b")]
        var text = String(kinds.first { mode & S_IFMT == $0.0 }?.1 ?? "-")
        for (index, letter) in "rwxrwxrwx".enumerated() { text.append(mode & (0o400 >> UInt32(index)) != 0 ? letter : "-") }
        return text
    }

    // MARK: Reading

    private func read(_ path: String, _ query: Query, _ snapshot: AgentSnapshot) async throws -> [UInt8] {
        let offset = try Self.number(query["offset"], "offset") ?? -1, length = try Self.number(query["length"], "length") ?? -1
        if offset < -1 { throw Refusal.invalid("Negative offset provided: \(offset).\n") }
        if length < -1 { throw Refusal.invalid("Negative length provided: \(length).\n") }
        let (start, data) = try await open(path, snapshot) { file, _ -> (Int, [UInt8]) in
            guard !file.isFolder else { throw Refusal.invalid("Cannot read a directory.\n") }
            if offset == -1 { return (file.size, []) }
            guard offset < file.size else { return (offset, []) }
            let wanted = length == -1 ? Self.readLimit : min(length, Self.readLimit)
            return (offset, Self.wholeCharacters(try file.read(at: offset, upTo: wanted), isCut: offset + wanted < file.size))
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        data.withUnsafeBufferPointer { writer.string(utf8: $0) }
        writer.member("offset", start)
        writer.endObject()
        return writer.bytes
    }

    private static func number(_ text: String?, _ name: String) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text) else { throw Refusal.invalid("Failed to parse \(name): '\(text)' is not a number.\n") }
        return number
    }

    /// Without the beginning of a character whose end the next read will bring: a reader counts the bytes that it got.
    static func wholeCharacters(_ bytes: [UInt8], isCut: Bool) -> [UInt8] {
        guard isCut else { return bytes }
        var start = bytes.count - 1
        while start >= 0, bytes.count - start <= 3, bytes[start] & 0xc0 == 0x80 { start -= 1 }
        guard start >= 0 else { return bytes }
        let width = bytes[start] & 0xe0 == 0xc0 ? 2 : bytes[start] & 0xf0 == 0xe0 ? 3 : bytes[start] & 0xf8 == 0xf0 ? 4 : 1
        // A single byte, or no UTF-8 at all: then there is nothing to keep together. Something must be left, too.
        return width > bytes.count - start && start > 0 ? Array(bytes[..<start]) : bytes
    }

    /// The size of a file and a part of it.
    func part(_ path: String, offset: UInt64, length: UInt64?, _ snapshot: AgentSnapshot) async throws -> (size: Int, data: [UInt8]) {
        try await open(path, snapshot) { file, _ in
            guard !file.isFolder else { throw Refusal.invalid("Cannot read a directory.\n") }
            guard let start = Int(exactly: offset), start < file.size else { return (file.size, []) }
            return (file.size, try file.read(at: start, upTo: Int(min(length ?? UInt64(Self.readLimit), UInt64(Self.readLimit)))))
        }
    }

    private func download(_ path: String, _ snapshot: AgentSnapshot) async throws -> Reply {
        let size = try await open(path, snapshot) { file, _ in
            guard !file.isFolder else { throw Refusal.invalid("Cannot download a directory.\n") }
            guard file.isFile else { throw Refusal.invalid("'\(path)' is inaccessible") }
            return file.size
        }
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        let safe = String(name.map { $0.isASCII && $0 != "\"" && $0 != "\\" && !$0.isNewline ? $0 : "_" })
        var headers: HTTPHeaders = ["Content-Disposition": "attachment; filename=\(safe.contains(" ") ? "\"\(safe)\"" : safe)"]
        headers.add(name: "Content-Length", value: "\(size)")
        return .stream(.ok, Self.type(ofName: name), headers: headers) { writer in
            var offset = 0
            while offset < size {
                let (start, count) = (offset, min(size - offset, 1 << 20))
                // Shorter than announced, because the task has cut its file: then the connection is, too.
                let piece = try await open(path, snapshot) { file, _ in try file.read(at: start, upTo: count) }
                guard !piece.isEmpty else { throw ConnectionClosed() }
                try await writer.write(piece)
                offset += piece.count
            }
        }
    }

    private static func type(ofName name: String) -> String {
        let types = [
            "css": "text/css", "csv": "text/csv", "gif": "image/gif", "gz": "application/gzip", "html": "text/html", "jpg": "image/jpeg",
            "js": "text/javascript", "json": "application/json", "log": "text/plain", "pdf": "application/pdf", "png": "image/png",
            "svg": "image/svg+xml", "tar": "application/x-tar", "txt": "text/plain", "xml": "text/xml", "zip": "application/zip"
        ]
        let suffix = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
        return types[suffix] ?? "application/octet-stream"
    }

    /// What is shown, and where it lies.
    private func debug(_ snapshot: AgentSnapshot) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (_, task) in snapshot.views {
            let folder = snapshot.sandbox(framework: task.frameworkID, executor: task.info.taskID.value, container: task.container)
            writer.key(folder)
            writer.string(folder)
            writer.key("/frameworks/\(task.frameworkID)/executors/\(task.info.taskID.value)/runs/latest")
            writer.string(folder)
        }
        writer.endObject()
        return writer.bytes
    }
}

extension Mesos_V1_FileInfo {
    init(path: String, _ status: stat) {
        self.init()
        self.path = path
        nlink = Int32(clamping: status.st_nlink)
        size = UInt64(max(0, status.st_size))
        mtime.nanoseconds = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        mode = status.st_mode
        uid = AccountNames.user(status.st_uid)
        gid = AccountNames.group(status.st_gid)
    }
}

/// The names of numeric users and groups; the number where there is no name.
enum AccountNames {
    static func user(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 16_384)
        defer { buffer.deallocate() }
        guard getpwuid_r(id, &entry, buffer, 16_384, &found) == 0, found != nil else { return "\(id)" }
        return String(cString: entry.pw_name)
    }

    static func group(_ id: gid_t) -> String {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 16_384)
        defer { buffer.deallocate() }
        guard getgrgid_r(id, &entry, buffer, 16_384, &found) == 0, found != nil else { return "\(id)" }
        return String(cString: entry.gr_name)
    }
}
