import Foundation
import Testing

extension LauncherTests {
    /// The launcher's parts, tested in C by Unit/*.c.
    struct Unit {
        @Test
        func `parts of the launcher do what their headers say, under AddressSanitizer`() throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Unit").path
            let sources = ["unit.c", "cgroups.c"].map { folder + "/" + $0 }
            let result = try Program.run([Program.compile(sources, name: "agora-launcher-unit")])
            #expect(result.output == "all good\n")
            #expect(result.status == 0)
        }
    }
}
