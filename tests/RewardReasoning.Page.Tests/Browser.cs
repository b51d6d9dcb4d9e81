using Microsoft.Playwright;
using RewardReasoning.Page.Tests;

[assembly: AssemblyFixture(typeof(Browser))]

namespace RewardReasoning.Page.Tests;

/// <summary>Debian's Chromium, started once and without a window; the tests skip where it is not installed.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private static readonly string[] Arguments =
    [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(Chromium))
        {
            // Playwright's five seconds are short for a machine that is running other tests.
            Assertions.SetDefaultExpectTimeout(30_000);
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Arguments });
        }
    }

    /// <summary>A new window; the test is skipped where there is no browser.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        Assert.SkipWhen(_browser is null, $"There is no {Chromium}: apt-get install chromium fonts-dejavu-core");
        return await _browser.NewContextAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }
}
