/** The screen that is shown, followed from the address and led by it. */
import { parseRoute, routeHash, type Route } from './route.ts';

export { routeHash, type Route };

class Router {
  route: Route = $state.raw(parseRoute(''));

  start(): void {
    const read = (): void => {
      this.route = parseRoute(location.hash);
    };
    addEventListener('hashchange', read);
    read();
  }

  go(route: Route): void {
    location.hash = routeHash(route);
  }

  grow(...styleIds: string[]): void {
    this.go({ screen: 'grow', styleIds, artworkId: null });
  }

  growArtwork(artworkId: string): void {
    this.go({ screen: 'grow', styleIds: [], artworkId });
  }

  mix(...styleIds: string[]): void {
    this.go({ screen: 'mixer', styleIds });
  }

  repair(): void {
    this.go({ screen: 'repair' });
  }

  gallery(): void {
    this.go({ screen: 'gallery', tab: 'items' });
  }

  models(): void {
    this.go({ screen: 'gallery', tab: 'models' });
  }

  train(jobId: string | null = null): void {
    this.go({ screen: 'train', jobId });
  }

  settings(): void {
    this.go({ screen: 'settings' });
  }
}

export const router = new Router();
