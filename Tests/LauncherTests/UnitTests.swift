import Foundation
import Testing

extension LauncherTests {
    /// The launcher's parts, tested in C by Unit/unit.c.
    struct Unit {
        @Test
        func `parts of the launcher do what their headers say, under AddressSanitizer`() throws {
            let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Unit/unit.c").path
            let result = try Program.run([Program.compile(main: source, name: "agora-launcher-unit")])
            #expect(result.output == "all good\n")
            #expect(result.status == 0)
        }
    }
}
