import Foundation
import Glibc

/// What the machine says of itself.
struct MachineFacts: Sendable {
    var cpus: Int
    /// Bytes; 0: unknown.
    var memory: UInt64
    /// Bytes of the file system of the work folder; 0: unknown.
    var disk: UInt64
    var hostname: String
    var bootID: String

    init(workFolder: String) {
        cpus = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        let pages = sysconf(CInt(_SC_PHYS_PAGES))
        let page = sysconf(CInt(_SC_PAGESIZE))
        memory = pages > 0 && page > 0 ? UInt64(pages).multipliedReportingOverflow(by: UInt64(page)).partialValue : 0
        var system = statvfs()
        disk = statvfs(workFolder, &system) == 0 ? UInt64(system.f_blocks).multipliedReportingOverflow(by: UInt64(system.f_frsize)).partialValue : 0
        hostname = Self.fullName()
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        bootID = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }

    /// Bytes that no process uses now.
    static func freeMemory() -> UInt64 {
        let pages = sysconf(CInt(_SC_AVPHYS_PAGES)), page = sysconf(CInt(_SC_PAGESIZE))
        return pages > 0 && page > 0 ? UInt64(pages).multipliedReportingOverflow(by: UInt64(page)).partialValue : 0
    }

    private static func fullName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return buffer.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? "localhost"
        }
    }

    /// The first numeric address that a host's name stands for; nil if it stands for none.
    static func address(of name: String) -> String? {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(list) }
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(first.pointee.ai_addr, first.pointee.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
