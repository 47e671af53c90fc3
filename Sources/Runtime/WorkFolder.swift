import Foundation
import Glibc
import Synchronization

/// A process's own folder, locked while the process lives: two of them never share one.
package final class WorkFolder: Sendable {
    package let path: String
    private let descriptor: Atomic<Int32>

    /// Makes the folder if need be and locks it.
    /// - Throws: `WorkFolderError` with one line that says what is wrong with which folder.
    package init(path: String) throws(WorkFolderError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw WorkFolderError(text: "can't make the folder \(path): \(Self.reason(error))")
        }
        let file = path + "/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw WorkFolderError(text: "can't write in the folder \(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            close(descriptor)
            throw WorkFolderError(text: "the folder \(path) is in use by another process" + (owner.isEmpty ? "" : " (pid \(owner))"))
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = Atomic(descriptor)
    }

    /// Lets another one have the folder, whoever still knows this one. May be called again.
    package func unlock() {
        let descriptor = descriptor.exchange(-1, ordering: .relaxed)
        if descriptor >= 0 { close(descriptor) }
    }

    deinit { unlock() }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
    }
}

package struct WorkFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }
}
