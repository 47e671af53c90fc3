import Foundation
import Glibc

/// Opens what lies below a folder whose content isn't ours: a task may have put anything there, and may change it while we look.
///
/// Each component is opened by itself, relative to the one before and without following a link; links are read and followed by hand, and
/// one that leaves the folder is refused. So there is no moment at which a swapped link could lead out.
struct SandboxFile {
    enum Failure: Error { case missing, escapes, failed(Int32) }

    private static let linkLimit = 40

    let descriptor: CInt
    let status: stat

    /// - Parameters:
    ///   - root: a real path.
    ///   - path: relative to it; empty components and `.` don't count.
    init(root: String, path: String) throws(Failure) {
        let top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard top >= 0 else { throw Self.failure(errno) }
        var stack = [top]
        defer { for descriptor in stack { close(descriptor) } }
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                guard stack.count > 1 else { throw .escapes }
                close(stack.removeLast())
                continue
            }
            guard let parent = stack.last else { throw .escapes }
            if let target = Self.link(parent, name) {
                links += 1
                guard links <= Self.linkLimit else { throw .failed(ELOOP) }
                rest += try Self.components(of: target, root, &stack)
                continue
            }
            // Not to wait for the other end of a pipe that a task has put there.
            let next = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard next >= 0 else { throw Self.failure(errno) }
            stack.append(next)
        }
        guard let last = stack.popLast() else { throw .escapes }
        var status = stat()
        guard fstat(last, &status) == 0 else {
            let error = errno
            close(last)
            throw .failed(error)
        }
        descriptor = last
        self.status = status
    }

    /// What a link's target adds to the rest of the way, last component first. An absolute target must lie below the root.
    private static func components(of target: String, _ root: String, _ stack: inout [CInt]) throws(Failure) -> [String] {
        var relative = Substring(target)
        if target.hasPrefix("/") {
            guard target == root || target.hasPrefix(root + "/") else { throw .escapes }
            relative = target.dropFirst(root.utf8.count)
            while stack.count > 1 { close(stack.removeLast()) }
        }
        return relative.split(separator: "/").map(String.init).reversed()
    }

    /// The target, if it is a link.
    private static func link(_ parent: CInt, _ name: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(parent, name, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static func failure(_ error: Int32) -> Failure {
        switch error {
        case ENOENT, ENOTDIR, ENAMETOOLONG: .missing
        case ELOOP: .escapes
        default: .failed(error)
        }
    }

    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    var isFile: Bool { status.st_mode & S_IFMT == S_IFREG }
    var size: Int { Int(status.st_size) }

    func end() { close(descriptor) }

    /// - Returns: fewer bytes only at the end of the file.
    func read(at offset: Int, upTo count: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        var filled = 0
        while filled < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, off_t(offset + filled))
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw .failed(errno)
            }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    struct Entry {
        let name: String
        let status: stat
    }

    /// What is in the folder, by name; links are described, not followed.
    func entries() throws(Failure) -> [Entry] {
        let copy = dup(descriptor)
        guard copy >= 0, let folder = fdopendir(copy) else {
            let error = errno
            if copy >= 0 { close(copy) }
            throw .failed(error)
        }
        defer { closedir(folder) }
        rewinddir(folder)
        var entries: [Entry] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            if fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { entries.append(Entry(name: name, status: status)) }
        }
        return entries.sorted { $0.name < $1.name }
    }
}
