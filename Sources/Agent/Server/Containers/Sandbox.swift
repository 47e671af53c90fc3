import Foundation
import Glibc

/// The folder of one task: made for its user, and some time after the task's end deleted.
enum Sandbox {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Owner: Sendable, Hashable {
        let uid: uid_t
        let gid: gid_t
    }

    /// - Parameter user: nil: the agent's own.
    /// - Returns: whose the sandbox is; nil: the agent's own.
    /// - Throws: one sentence, for the framework.
    static func make(_ path: String, user: String?) throws(Failure) -> Owner? {
        let owner = try user.map { name throws(Failure) in try find(name) }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw Failure(description: "Failed to create the sandbox: \(error.localizedDescription)")
        }
        if mkdir(path, 0o750) != 0, errno != EEXIST { throw failure("create the sandbox") }
        if let owner, chown(path, owner.uid, owner.gid) != 0 { throw failure("give the sandbox to user '\(user ?? "")'") }
        for name in ["stdout", "stderr"] { try makeFile("\(path)/\(name)", owner) }
        link(path, at: parent + "/latest")
        linkAgent(above: path)
        return owner
    }

    /// So that people find both files, empty, where a task never came to write anything.
    private static func makeFile(_ path: String, _ owner: Owner?) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            if errno == EEXIST { return }
            throw failure("create the sandbox")
        }
        defer { close(file) }
        if let owner, fchown(file, owner.uid, owner.gid) != 0 { throw failure("give the sandbox to its user") }
    }

    /// Adds a line to the task's stderr, which is where people look first. What can't be written is left out: the status says it as well.
    static func note(_ line: String, in sandbox: String) {
        let file = open(sandbox + "/stderr", O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }

    /// People follow `runs/latest`; a missing link harms nobody.
    private static func link(_ path: String, at latest: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = unfinished(latest, name)
        // An agent that died in between has left it.
        unlink(temporary)
        if symlink(name, temporary) == 0 { rename(temporary, latest) }
    }

    /// What the link is until it takes the place of the former one.
    private static func unfinished(_ latest: String, _ name: some StringProtocol) -> String { "\(latest).\(name)" }

    /// `slaves/latest`, beside the folder of the agent's present id.
    private static func linkAgent(above path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let slaves = parts.lastIndex(of: "slaves"), slaves + 1 < parts.count else { return }
        parts.removeSubrange((slaves + 2)...)
        let agent = parts.joined(separator: "/")
        let latest = parts.dropLast().joined(separator: "/") + "/latest"
        if (try? FileManager.default.destinationOfSymbolicLink(atPath: latest)) != parts.last.map(String.init) { link(agent, at: latest) }
    }

    private static func failure(_ action: String) -> Failure {
        Failure(description: "Failed to \(action): \(String(cString: strerror(errno)))")
    }

    /// Looks a user up, in whatever the system asks for users.
    static func find(_ name: String) throws(Failure) -> Owner {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var size = 16_384
        while size <= 1 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let result = getpwnam_r(name, &entry, buffer, size, &found)
            if result == ERANGE {
                size *= 4
                continue
            }
            guard result == 0, found != nil else { break }
            return Owner(uid: entry.pw_uid, gid: entry.pw_gid)
        }
        throw Failure(description: "Failed to get user information for '\(name)': No such user")
    }

    /// Deletes a sandbox, and the folders above it that have become empty, up to the frameworks'.
    /// Symbolic links are deleted, never followed.
    static func delete(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
        var folder = path
        for depth in 0..<4 {
            guard let slash = folder.lastIndex(of: "/") else { return }
            let name = folder[folder.index(after: slash)...]
            folder = String(folder[..<slash])
            // runs/latest is the only other thing beside the last run, and what became of it if the agent died while it was made.
            if depth == 0 {
                unlink(unfinished(folder + "/latest", name))
                if (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/latest")) == String(name) { unlink(folder + "/latest") }
            }
            guard rmdir(folder) == 0 else { return }
        }
    }
}
