import Foundation
package import Glibc

/// What /proc says, independent of everything that Agora says.
package enum Proc {
    package struct Task: Hashable, Sendable {
        package let pid: pid_t
        package let command: String
        /// The inode of its pid namespace, as `/proc/<pid>/ns/pid` has it.
        package let pidNamespace: String
        /// Its cgroup of the memory controller (v1), or its one cgroup (v2).
        package let memoryCgroup: String
    }

    /// Processes whose command line is exactly these words.
    package static func tasks(running command: [String]) -> [Task] {
        let wanted = command.joined(separator: "\0") + "\0"
        return pids().compactMap { pid in
            guard text("/proc/\(pid)/cmdline") == wanted else { return nil }
            let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")) ?? ""
            return Task(pid: pid, command: command.joined(separator: " "), pidNamespace: namespace, memoryCgroup: memoryCgroup(of: pid))
        }
    }

    package static func pids() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var pids: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if let pid = pid_t(name) { pids.append(pid) }
        }
        return pids
    }

    /// Seconds of CPU that the processes have used so far, their ended children not counted.
    package static func cpuSeconds(of pids: [pid_t]) -> Double {
        pids.reduce(0) { total, pid in
            // The command may hold blanks and brackets: fields count from the last bracket.
            guard let rest = text("/proc/\(pid)/stat").split(separator: ")").last else { return total }
            let fields = rest.split(separator: " ")
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return total }
            return total + (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// Kilobytes that can still be had.
    package static func availableMemory() -> Int {
        let line = text("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix("MemAvailable:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    /// Pids of the processes whose program has this name, and which mention `text` in their command line.
    package static func pids(named program: String, mentioning text: String) -> [pid_t] {
        pids().filter { pid in
            let words = self.text("/proc/\(pid)/cmdline").split(separator: "\0")
            guard let first = words.first else { return false }
            return (String(first) as NSString).lastPathComponent == program && words.contains { $0.contains(text) }
        }
    }

    package static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        var size = 0
        while size < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: size), $0.count - size) }
            if count <= 0 { break }
            size += count
        }
        return String(decoding: bytes[..<size], as: UTF8.self)
    }

    private static func memoryCgroup(of pid: pid_t) -> String {
        var unified = ""
        for line in text("/proc/\(pid)/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(separator: ",").contains("memory") { return String(parts[2]) }
            if parts[1].isEmpty { unified = String(parts[2]) }
        }
        return unified
    }
}
