using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>Limits the bytes of bodies that are read or worked on at once.</summary>
/// <param name="bodies">MiB that may be.</param>
/// <param name="most">The most bytes of one body.</param>
/// <param name="time">The clock.</param>
internal sealed class BodyAdmission(Admission bodies, long most, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a request may be held from now on.</summary>
    public Patience PatienceFor(TimeSpan whole) => new(whole, time);

    /// <summary>Admits a request's body until the lease is disposed; what has not entered takes no memory but its connection's.</summary>
    /// <exception cref="ApiException">The server is at capacity.</exception>
    public IDisposable Enter(HttpContext http) => bodies.Enter(SizeOf(http));

    /// <summary>Reads a body as JSON. Its place is left as soon as it is read: what comes of it is limited elsewhere.</summary>
    /// <param name="http">The request.</param>
    /// <param name="patience">How long it may wait for a place; it does not wait if null.</param>
    /// <exception cref="ApiException">No place came free in time, or the body is not JSON.</exception>
    public async Task<JsonElement> ReadAsync(HttpContext http, Patience? patience = null)
    {
        using IDisposable place = await EnterAsync(http, patience);
        return await JsonBody.ReadAsync(http);
    }

    private async Task<IDisposable> EnterAsync(HttpContext http, Patience? patience)
    {
        while (patience is not null && patience.Left > TimeSpan.Zero)
        {
            if (bodies.TryEnter(SizeOf(http)) is { } place)
            {
                return place;
            }

            await Task.Delay(Pause, patience.Time, http.RequestAborted);
        }

        return Enter(http);
    }

    private int SizeOf(HttpContext http) => Megabytes.Of(Math.Min(http.Request.ContentLength ?? most, most));
}
